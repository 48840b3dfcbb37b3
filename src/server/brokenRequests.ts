import {
  type IncomingMessage,
  maxHeaderSize,
  type RequestListener,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Complaint } from '../errors.js';
import { writeProblem } from './problem.js';
import { refuse, RequestError } from './refusal.js';

/** Lets a server say what was wrong with a request that cannot be parsed, never came to its end, or expects what we
 *  cannot do; Node itself gives the bare status. */
export function answerBrokenRequests(server: HttpServer | HttpsServer): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const answer = refusalOf(error);
    // Nobody there, or no TLS: nothing can be answered.
    if (answer === undefined || !socket.writable) socket.destroy();
    else writeProblem(socket, answer.status, answer);
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const complaint = {
      where: 'Expect',
      expected: '100-continue',
      found: request.headers.expect ?? 'nothing',
    };
    refuse(request, response, new RequestError(417, complaint));
  });
}

/** The listener, for requests that name a host, as HTTP/1.1 demands (RFC 9112, section 3.2). Node would refuse the others
 *  as well, but without a word; its server is to be told so by `requireHostHeader`. */
export function requireHost(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (request.headers.host !== undefined || request.httpVersion !== '1.1') listener(request, response);
    else refuse(request, response, new RequestError(400, noHost));
  };
}

const noHost = { where: 'Host', expected: 'the name of the host', found: 'nothing' };

function refusalOf({ code = '', message }: NodeJS.ErrnoException): RequestError | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return refusal(408, {
      expected: 'all of a request',
      found: 'a part of it, and then nothing for too long',
    });
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return refusal(431, { expected: `headers of at most ${maxHeaderSize} bytes`, found: 'more' });
  }
  return code.startsWith('HPE_') ? refusal(400, { expected: 'HTTP/1.1', found: message }) : undefined;
}

function refusal(status: number, complaint: Omit<Complaint, 'where'>): RequestError {
  return new RequestError(status, { where: 'request', ...complaint });
}
