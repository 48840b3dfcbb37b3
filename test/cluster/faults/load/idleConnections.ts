import { connect } from 'node:tls';

/** Opens TLS connections on which nothing is ever asked, and keeps them as long as the server does. Says so once all
 *  have been tried and no more than `most` are left: what the server has closed is closed here a moment later.
 *  Arguments: host, port, how many, most. */
const [host = '', port, wanted, kept] = process.argv.slice(2);
const count = Number(wanted);
const most = Number(kept);
const opening = 64;
let started = 0;
let settled = 0;
let established = 0;
let open = 0;
let isSaid = false;

function openNext(): void {
  if (started === count) return;
  started += 1;
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false });
  // Whether a connection was refused, or is closed later, the next one comes.
  let isSettled = false;
  const settle = () => {
    if (!isSettled) settled += 1;
    if (!isSettled) openNext();
    isSettled = true;
    sayOnceBounded();
  };
  let isOpen = false;
  socket.once('secureConnect', () => {
    isOpen = true;
    established += 1;
    open += 1;
    settle();
  });
  socket.once('close', () => {
    if (isOpen) open -= 1;
    settle();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EMFILE')
      throw new Error('too few open files are allowed: raise ulimit -n', { cause: error });
  });
  socket.resume();
}

function sayOnceBounded(): void {
  if (isSaid || settled < count || open > most) return;
  isSaid = true;
  process.stdout.write(`bounded established=${established} open=${open}\n`);
}

for (let each = 0; each < opening; each += 1) openNext();
