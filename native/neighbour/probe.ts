/**
 * Questions to the neighbours of a link, asked and answered in frames, past the kernel's own tables: who has an address, and
 * whether a host answers what is sent to it just so. Blocks the thread while it waits; needs CAP_NET_RAW.
 */
import { AF_PACKET, SOCK_RAW } from '../libc/constants.js';
import { Socket } from '../libc/socket.js';
import { decodeArpAnswer, encodeArpQuestion } from './arp-question.js';
import { decodeEchoReply, encodeEchoRequest, ETH_P_IP, type EchoReply, type EchoRequest } from './echo.js';
import { decodeEchoReply6, encodeEchoRequest6 } from './echo6.js';
import { packetAddress } from './announce.js';
import { ETH_P_ARP, ETH_P_IPV6 } from './ethernet.js';
import { decodeNeighbourAnswer, encodeNeighbourQuestion } from './solicitation.js';

/** The Ethernet interface to ask by. */
export interface ProbeLink {
  readonly index: number;
  /** `02:00:00:00:00:01`. */
  readonly hardwareAddress: string;
}

export interface ProbeWait {
  /** How often a question is sent that nobody has answered. */
  readonly times: number;
  /** After each time, at most. */
  readonly waitMs: number;
}

const defaultWait: ProbeWait = { times: 2, waitMs: 300 };

/** Once is not enough on a busy network; and nobody answers much later. */
const neighbourWait: ProbeWait = { times: 2, waitMs: 200 };

/**
 * Asks who has each of these IPv4 addresses, and gives the hardware addresses of all that answered, by address.
 *
 * Waits to the end, for a second host may answer later than the first. This host's own answer does not come.
 *
 * @throws SyscallError `EPERM` without CAP_NET_RAW, `ENETDOWN` when the interface is down; CodecError
 */
export function askWhoHas(
  link: ProbeLink,
  addresses: readonly string[],
  wait: ProbeWait = neighbourWait,
): Map<string, readonly string[]> {
  const questions = addresses.map((address) => encodeArpQuestion(link.hardwareAddress, address));
  return askNeighbours({ link, addresses, questions, protocol: ETH_P_ARP, decode: decodeArpAnswer, wait });
}

/**
 * The same of IPv6 addresses, by neighbour solicitations.
 *
 * @param source an address of the interface that is no service's, best its link-local one: neighbours learn who has it
 * @throws SyscallError as `askWhoHas`; CodecError
 */
export function askWhoHas6(
  link: ProbeLink,
  source: string,
  addresses: readonly string[],
  wait: ProbeWait = neighbourWait,
): Map<string, readonly string[]> {
  const { hardwareAddress } = link;
  const questions = addresses.map((address) => encodeNeighbourQuestion({ hardwareAddress, source, address }));
  return askNeighbours({
    link,
    addresses,
    questions,
    protocol: ETH_P_IPV6,
    decode: decodeNeighbourAnswer,
    wait,
  });
}

interface NeighbourRound {
  readonly link: ProbeLink;
  readonly addresses: readonly string[];
  /** Frames. */
  readonly questions: readonly Uint8Array[];
  readonly protocol: number;
  readonly decode: (
    frame: Uint8Array,
  ) => { readonly address: string; readonly hardwareAddress: string } | null;
  readonly wait: ProbeWait;
}

function askNeighbours(round: NeighbourRound): Map<string, readonly string[]> {
  const answers = new Map<string, Set<string>>(round.addresses.map((address) => [address, new Set()]));
  withPacketSocket(round.link, round.protocol, (socket) => {
    for (let time = 0; time < round.wait.times; time++) {
      for (const question of round.questions) socket.send(question, null);
      receiveUntil(socket, round.wait.waitMs, (frame) => {
        const answer = round.decode(frame);
        if (answer !== null) answers.get(answer.address)?.add(answer.hardwareAddress);
        return false;
      });
    }
  });
  return new Map([...answers].map(([address, hosts]) => [address, [...hosts].sort()]));
}

/** One question: is there an answer to a packet that is sent just so? */
export interface EchoQuestion extends Omit<EchoRequest, 'hardwareSource' | 'identifier' | 'sequence'> {
  /** Who answers: the inner packet's destination, unless a translation is expected. */
  readonly answeredBy?: string;
}

interface EchoCodec {
  readonly protocol: number;
  readonly encode: (request: EchoRequest) => Uint8Array;
  readonly decode: (frame: Uint8Array) => EchoReply | null;
}

const ipv4: EchoCodec = { protocol: ETH_P_IP, encode: encodeEchoRequest, decode: decodeEchoReply };
const ipv6: EchoCodec = { protocol: ETH_P_IPV6, encode: encodeEchoRequest6, decode: decodeEchoReply6 };

/**
 * Sends questions out of one link and tells, for each, whether the answer came back by that same link, addressed to this
 * host. At most 4500 with `tcpPort`. All are of one family, which that of the first destination tells; of IPv6 none has a tunnel.
 *
 * @throws SyscallError as `askWhoHas`; `EMSGSIZE` for a frame that is longer than the link takes; CodecError
 */
export function askEchoes(
  link: ProbeLink,
  questions: readonly EchoQuestion[],
  wait: ProbeWait = defaultWait,
): boolean[] {
  const answered = questions.map(() => false);
  const identifier = process.pid & 0xffff;
  const { protocol, encode, decode } = questions[0]?.destination.includes(':') === true ? ipv6 : ipv4;
  withPacketSocket(link, protocol, (socket) => {
    for (let time = 0; time < wait.times && answered.includes(false); time++) {
      questions.forEach((question, sequence) => {
        if (answered[sequence] === true) return;
        const request = { ...question, hardwareSource: link.hardwareAddress, identifier, sequence };
        socket.send(encode(request), null);
      });
      receiveUntil(socket, wait.waitMs, (frame) => {
        const reply = decode(frame);
        if (reply === null || (reply.identifier ?? identifier) !== identifier) return false;
        const question = questions[reply.sequence];
        if (question === undefined) return false;
        const fits =
          reply.tcpPort === (question.tcpPort ?? null) &&
          reply.source === (question.answeredBy ?? question.destination) &&
          reply.destination === question.source &&
          reply.hardwareDestination === link.hardwareAddress;
        if (fits) answered[reply.sequence] = true;
        return !answered.includes(false);
      });
    }
  });
  return answered;
}

/** Larger than any frame of a probe's answer. */
const frameBytes = 65_536;

function receiveUntil(socket: Socket, waitMs: number, take: (frame: Uint8Array) => boolean): void {
  const buffer = new Uint8Array(new ArrayBuffer(frameBytes));
  const end = monotonicMs() + waitMs;
  for (let leftMs = waitMs; leftMs > 0; leftMs = end - monotonicMs()) {
    if (!socket.waitReadable(leftMs)) return;
    for (let got = socket.receive(buffer); got !== null; got = socket.receive(buffer)) {
      if (take(buffer.subarray(0, Math.min(got.length, frameBytes)))) return;
    }
  }
}

function withPacketSocket(link: ProbeLink, protocol: number, use: (socket: Socket) => void): void {
  const socket = Socket.open(AF_PACKET, SOCK_RAW, 0, 'packet socket');
  try {
    // it receives what comes by that link in that protocol
    socket.bind(packetAddress(link.index, protocol));
    use(socket);
  } finally {
    socket.close();
  }
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
