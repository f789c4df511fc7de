/** A listener whose process stands still: its kernel goes on taking connections, as long as the queue has room. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface StoppedListener {
  readonly port: number;
  /** From here on the kernel drops what would open a connection: a black hole. */
  fill(): Promise<void>;
}

const script = (backlog: number): string => `
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: ${backlog} }, () => process.stdout.write(server.address().port + '\\n'));
`;

/** @param backlog connections that its kernel takes, less one */
export async function withStoppedListener(
  use: (listener: StoppedListener) => Promise<void>,
  backlog = 1,
): Promise<void> {
  const child = spawn(process.execPath, ['-e', script(backlog)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const waiting: Socket[] = [];
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(line.toString());
    child.kill('SIGSTOP');
    const fill = async (): Promise<void> => {
      // The queue holds one more than it is told to.
      for (let index = 0; index <= backlog; index++) {
        const socket = connect({ host: '127.0.0.1', port });
        socket.on('error', () => undefined);
        waiting.push(socket);
        await once(socket, 'connect');
      }
    };
    await use({ port, fill });
  } finally {
    for (const socket of waiting) socket.destroy();
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
