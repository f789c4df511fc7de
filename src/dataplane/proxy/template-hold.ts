/** A connection's hold on the persistence template that chose its server. */
import type { PersistenceTable, PersistenceTemplate } from '../../../schedulers/persistence.js';
import type { ProxyServer } from './proxy-server.js';

/** Lets go of the table that gave the template, whatever the service uses by then. */
export class TemplateHold {
  readonly #table: PersistenceTable<ProxyServer>;
  readonly #template: PersistenceTemplate<ProxyServer>;

  constructor(table: PersistenceTable<ProxyServer>, template: PersistenceTemplate<ProxyServer>) {
    this.#table = table;
    this.#template = template;
  }

  /** To be called once. */
  release(nowMs: number): void {
    this.#table.release(this.#template, nowMs);
  }
}
