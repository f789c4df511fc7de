/** A transport that speaks to the real kernel and keeps what went each way. */
import { release } from 'node:os';
import { AF_NETLINK, SOCK_RAW } from '../../../native/libc/constants.js';
import { Socket } from '../../../native/libc/socket.js';
import {
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GENERIC,
  SOL_NETLINK,
} from '../../../native/netlink/constants.js';
import type { Transport } from '../../../native/netlink/transport.js';
import type { Exchange } from '../../support/scripted-recording.js';
import { u16, concat } from '../../support/scripted-messages.js';
import { annotate } from './annotate.js';
import { maskDatagram, sortServices } from './mask.js';
import type { Story } from './story.js';

const kernelAddress = concat(u16(AF_NETLINK), new Uint8Array(10));

/** @param receiveBytes room that is offered for one datagram: the kernel fills datagrams of lists up to that */
export class RecordingTransport implements Transport {
  readonly #socket: Socket;
  readonly #buffer: Uint8Array;
  readonly exchanges: { sent: Uint8Array; received: Uint8Array[] }[] = [];

  constructor(receiveBytes: number) {
    this.#buffer = new Uint8Array(receiveBytes);
    this.#socket = Socket.open(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC, 'recorded socket');
    this.#socket.setOption(SOL_NETLINK, NETLINK_EXT_ACK, 1);
    this.#socket.setOption(SOL_NETLINK, NETLINK_CAP_ACK, 1);
    this.#socket.bind(kernelAddress);
  }

  /** Errors that are not capped repeat the whole request, as those of kernels before 4.2 do. */
  uncap(): void {
    this.#socket.setOption(SOL_NETLINK, NETLINK_CAP_ACK, 0);
  }

  send(datagram: Uint8Array): void {
    this.exchanges.push({ sent: datagram.slice(), received: [] });
    this.#socket.send(datagram, kernelAddress);
  }

  receive(waitMs: number): Uint8Array | null {
    let received = this.#socket.receive(this.#buffer);
    if (received === null && waitMs > 0 && this.#socket.waitReadable(waitMs)) {
      received = this.#socket.receive(this.#buffer);
    }
    if (received === null) return null;
    if (received.truncated) throw new Error(`a datagram of ${received.length} bytes was cut`);
    const datagram = this.#buffer.subarray(0, received.length);
    this.exchanges.at(-1)?.received.push(datagram.slice());
    return datagram;
  }

  close(): void {
    this.#socket.close();
  }
}

/** What differs from boot to boot is masked. @param family the id that the kernel gave out */
export function maskExchanges(exchanges: readonly Exchange[], family: number): Exchange[] {
  return exchanges.map(({ sent, received }) => ({
    sent: maskDatagram(sent, family),
    received: sortServices(received.map((datagram) => maskDatagram(datagram, family))),
  }));
}

/** The text of a recording. */
export function formatRecording(story: Story, exchanges: readonly Exchange[]): string {
  const header = [
    `# ${story.about}`,
    `# Made by \`npm run record\` (test/kernel/record, story ${story.name}) in Linux ${release()}, ${process.arch}.`,
    '# Masked: 0x21 is the id of family IPVS, port ids are 0, services of a list are sorted (test/kernel/record/mask.ts).',
    '# `>` was sent, `<` received. Numbers are in host byte order, addresses and ports in network order.',
  ];
  return `${[header, ...exchanges.map(exchangeLines)].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function exchangeLines({ sent, received }: Exchange): string[] {
  return [...markedLines('>', sent), ...received.flatMap((datagram) => markedLines('<', datagram))];
}

function markedLines(mark: string, datagram: Uint8Array): string[] {
  return annotate(datagram).map((line, index) => `${index === 0 ? mark : ' '} ${line}`);
}
