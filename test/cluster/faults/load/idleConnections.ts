import { connect, createSecureContext } from 'node:tls';

/** Opens TLS connections on which nothing is ever asked, and keeps them as long as the server does. Says `opened` once all
 *  have been tried, and `bounded` once no more than `most` are left: what the server has closed is closed here a moment
 *  later. `dropped` are those that it closed without a word, as it does with what is too much; one that was silent for
 *  too long gets an answer first, and is `timedOut`. Arguments: host, port, how many, most. */
const [host = '', port, wanted, kept] = process.argv.slice(2);
const count = Number(wanted);
const most = Number(kept);
const opening = 64;
/** One for all: to make it costs this side more than the handshake. */
const secureContext = createSecureContext();
let started = 0;
let settled = 0;
const counts = { established: 0, dropped: 0, timedOut: 0 };
const said = new Set<string>();

function openNext(): void {
  if (started === count) return;
  started += 1;
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false, secureContext });
  // Whether a connection was refused, or is closed later, the next one comes.
  let isSettled = false;
  const settle = () => {
    if (!isSettled) settled += 1;
    if (!isSettled) openNext();
    isSettled = true;
    sayHowFar();
  };
  let isOpen = false;
  let isAnswered = false;
  socket.once('secureConnect', () => {
    isOpen = true;
    counts.established += 1;
    settle();
  });
  socket.on('data', () => {
    isAnswered = true;
  });
  socket.once('close', () => {
    if (isOpen) counts[isAnswered ? 'timedOut' : 'dropped'] += 1;
    settle();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EMFILE')
      throw new Error('too few open files are allowed: raise ulimit -n', { cause: error });
  });
}

function sayHowFar(): void {
  if (settled < count) return;
  sayOnce('opened');
  const { established, dropped, timedOut } = counts;
  if (established - dropped - timedOut <= most) sayOnce('bounded');
}

function sayOnce(word: string): void {
  if (said.has(word)) return;
  said.add(word);
  const figures = Object.entries(counts).map(([name, value]) => `${name}=${value}`);
  process.stdout.write(`${word} ${figures.join(' ')}\n`);
}

for (let each = 0; each < opening; each += 1) openNext();
