/** How notices fare: what was sent, what was lost, what waits. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { NoticeStatus } from '../model/notice.js';

/** Reads the figures at each scrape. */
export class NoticeMetrics {
  #figures: () => readonly NoticeStatus[] = () => [];

  constructor(registry: Registry) {
    const registers = [registry];
    const events = new Counter({
      name: 'lvsd_notice_events_total',
      help: 'Events of notices: sent, failed (given up after an attempt) or dropped (never tried).',
      labelNames: ['notice', 'result'],
      registers,
      collect: () => {
        events.reset();
        for (const { name: notice, sent, failed, dropped } of this.#figures())
          for (const [result, count] of Object.entries({ sent, failed, dropped }))
            events.inc({ notice, result }, count);
      },
    });
    this.#gauge(
      registers,
      'lvsd_notice_queue_length',
      'Events that wait to be sent.',
      ({ queued }) => queued,
    );
    this.#gauge(
      registers,
      'lvsd_notice_failing',
      '1 while the last attempt of a notice failed.',
      ({ failing }) => (failing === null ? 0 : 1),
    );
  }

  /** Where the figures are read from. */
  watch(figures: () => readonly NoticeStatus[]): void {
    this.#figures = figures;
  }

  #gauge(registers: Registry[], name: string, help: string, figure: (of: NoticeStatus) => number): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['notice'],
      registers,
      collect: () => {
        gauge.reset();
        for (const status of this.#figures()) gauge.set({ notice: status.name }, figure(status));
      },
    });
  }
}
