/** A Redis server of a test's own: reads commands as RESP, and answers what it is told to, byte by byte. */
import type { Socket } from 'node:net';

/** Raw answers by command, its words in lower case joined by a space; null = none ever. */
export type RedisAnswers = Readonly<Record<string, string | null>>;

/** Commands come as arrays of bulk strings. */
export function redisServer(answers: RedisAnswers): (socket: Socket) => void {
  return (socket) => {
    let unread = '';
    socket.on('data', (chunk) => {
      unread += chunk.toString('latin1');
      for (;;) {
        const command = commandIn(unread);
        if (command === null) return;
        unread = unread.slice(command.length);
        const answer = answers[command.words.join(' ').toLowerCase()];
        if (answer === undefined)
          socket.write("-ERR unknown command, with args beginning with: 'hunter2'\r\n");
        else if (answer !== null) socket.write(answer, 'latin1');
      }
    });
  };
}

function commandIn(text: string): { readonly words: readonly string[]; readonly length: number } | null {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return null;
  const words: string[] = [];
  let at = head[0].length;
  for (let word = 0; word < Number(head[1]); word++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (size === null) return null;
    const begin = at + size[0].length;
    at = begin + Number(size[1]) + 2;
    if (at > text.length) return null;
    words.push(text.slice(begin, at - 2));
  }
  return { words, length: at };
}

export function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

/** `INFO replication` with these lines. */
export function info(facts: Readonly<Record<string, string | number>>): string {
  return bulk(
    ['# Replication', ...Object.entries(facts).map(([key, value]) => `${key}:${value}`), ''].join('\r\n'),
  );
}
