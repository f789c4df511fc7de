/** What a server of the lab says first: its name, and the client as it sees it. */
export interface Answer {
  readonly server: string;
  /** The client's address and port, as the server's socket names them. */
  readonly client: string;
  readonly clientPort: number;
  /** The address that the packet was addressed to when it reached the server. */
  readonly addressed: string;
}

export type LabProtocol = 'tcp' | 'udp' | 'sctp';

/** What clients address. */
export interface Target {
  readonly protocol: LabProtocol;
  readonly address: string;
  readonly port: number;
}

/** One line, with its end. */
export function formatAnswer({ server, client, clientPort, addressed }: Answer): string {
  return `${server} ${plain(client)} ${clientPort} ${plain(addressed)}\n`;
}

/** @throws Error when it is no line of a server of the lab */
export function parseAnswer(line: string): Answer {
  const [server = '', client = '', clientPort = '', addressed = '', ...rest] = line.trimEnd().split(' ');
  if (addressed === '' || rest.length > 0) throw new Error(`no answer of a lab server: ${line}`);
  return { server, client, clientPort: Number(clientPort), addressed };
}

/** A socket of both versions names IPv4 addresses as mapped ones. */
function plain(address: string): string {
  return address.replace(/^::ffff:/, '');
}
