import { createServer } from 'node:net';

/**
 * A mail server that accepts everything and keeps nothing, in a process of its own: what a provider's machine does
 * must not count as the service's work. Prints its port.
 */
const server = createServer((socket) => {
  let inData = false;
  let rest = '';
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.write('220 bench\r\n');
  socket.setEncoding('latin1').on('data', (text: string) => {
    rest += text;
    for (;;) {
      const end = rest.indexOf(inData ? '\r\n.\r\n' : '\r\n');
      if (end < 0) return;
      const line = rest.slice(0, end).toUpperCase();
      rest = rest.slice(end + (inData ? 5 : 2));
      if (inData) socket.write('250 taken\r\n');
      else if (line === 'DATA') socket.write('354 go on\r\n');
      else if (line === 'QUIT') socket.end('221 bye\r\n');
      else socket.write('250 bench\r\n');
      inData = !inData && line === 'DATA';
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  process.stdout.write(`${address.port}\n`);
});
