import { connect } from 'node:tls';

/** Opens TLS connections on which nothing is ever asked, and keeps them as long as the server does.
 *  Arguments: host, port, how many. */
const [host = '', port, wanted] = process.argv.slice(2);
const count = Number(wanted);
const opening = 64;
let started = 0;
let settled = 0;
let established = 0;
let closed = 0;

function openNext(): void {
  if (started === count) return;
  started += 1;
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false });
  socket.once('secureConnect', () => {
    established += 1;
  });
  // Whether a connection was refused, or is closed later, the next one comes.
  let isSettled = false;
  const settle = () => {
    if (isSettled) return;
    isSettled = true;
    settled += 1;
    openNext();
    if (settled === count) say('all');
  };
  socket.once('secureConnect', settle);
  socket.once('close', () => {
    closed += 1;
    settle();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EMFILE')
      throw new Error('too few open files are allowed: raise ulimit -n', { cause: error });
  });
  socket.resume();
}

function say(word: string): void {
  process.stdout.write(`${word} established=${established} closed=${closed}\n`);
}

for (let each = 0; each < opening; each += 1) openNext();
