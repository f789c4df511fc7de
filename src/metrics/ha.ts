/** Instances of VRRP: their roles, what they sent, heard and dropped, and the process that drives them. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { HaStatus, InstanceStatus } from '../model/ha-status.js';
import { SYNC_ROLES } from '../model/sync-daemon.js';
import { VRRP_STATES } from '../model/vrrp-role.js';

const PROCESS = { process: 'lvsd-vrrp' };
/** Before the reason, in the names of an instance's counters of dropped packets. */
const DROPPED = 'dropped-';
/** Before the state, in the names of its counters of changes. */
const BECAME = 'became-';

/** Counters of an instance that are a family each. */
const COUNTERS: readonly (readonly [counter: string, name: string, help: string])[] = [
  ['advertisements-sent', 'lvsd_vrrp_advertisements_sent_total', 'Advertisements sent.'],
  ['advertisements-received', 'lvsd_vrrp_advertisements_received_total', 'Advertisements taken.'],
  ['priority-zero-sent', 'lvsd_vrrp_priority_zero_sent_total', 'Of those sent: with priority 0, on leaving.'],
  [
    'priority-zero-received',
    'lvsd_vrrp_priority_zero_received_total',
    'Of those taken: with priority 0, from one that leaves.',
  ],
  ['send-failures', 'lvsd_vrrp_send_failures_total', 'Advertisements that could not be sent.'],
  [
    'own-address-received',
    'lvsd_vrrp_own_address_received_total',
    'Advertisements from the own address: its own, or those of a host with the same address.',
  ],
  [
    'inferior-received',
    'lvsd_vrrp_inferior_received_total',
    'Advertisements of a lesser director while this one is active: two are.',
  ],
  [
    'address-conflicts',
    'lvsd_vrrp_address_conflicts_total',
    'Times that another host was found to answer for an address that this director holds.',
  ],
  ['late-wakes', 'lvsd_vrrp_late_wakes_total', 'Times that lvsd-vrrp was woken too late to stay active.'],
];

/** Reads the roles at each scrape. Counters begin anew when lvsd-vrrp is started again. */
export class HaMetrics {
  #status: () => HaStatus | null = () => null;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#registerState(registers);
    this.#gauge(
      registers,
      'lvsd_vrrp_priority',
      'Priority with which an instance stands for election.',
      (of) => of.priority,
    );
    this.#gauge(
      registers,
      'lvsd_vrrp_configured_priority',
      'Priority that the file gives an instance; what is bad may lower the one that it stands with.',
      (of) => of.configuredPriority,
    );
    this.#gauge(
      registers,
      'lvsd_vrrp_split_brain',
      '1 while another director is active in an instance beside this one.',
      (of) => (of.split === null ? 0 : 1),
    );
    this.#registerLines(registers);
    this.#registerTracks(registers);
    this.#registerSync(registers);
    this.#gauge(
      registers,
      'lvsd_vrrp_state_since_seconds',
      'When an instance became what it is, seconds since the epoch.',
      (of) => of.sinceMs / 1000,
    );
    this.#gauge(
      registers,
      'lvsd_vrrp_addresses_held',
      'Addresses of an instance that this director has.',
      (of) => of.held.length,
    );
    for (const [counter, name, help] of COUNTERS) this.#counter(registers, name, help, counter);
    this.#counters(
      registers,
      { name: 'lvsd_vrrp_transitions_total', label: 'to', help: 'Changes of state.' },
      BECAME,
    );
    this.#counters(
      registers,
      {
        name: 'lvsd_vrrp_packets_dropped_total',
        label: 'reason',
        help: 'Packets of VRRP that an instance did not take.',
      },
      DROPPED,
    );
    this.#registerProcess(registers);
  }

  /** Where the roles are read from; null = there are no instances. */
  watch(status: () => HaStatus | null): void {
    this.#status = status;
  }

  get #instances(): readonly InstanceStatus[] {
    return this.#status()?.instances ?? [];
  }

  #registerState(registers: Registry[]): void {
    const gauge = new Gauge({
      name: 'lvsd_vrrp_state',
      help: '1 for the state that an instance is in, 0 for the others.',
      labelNames: ['instance', 'interface', 'vrid', 'state'],
      registers,
      collect: () => {
        gauge.reset();
        for (const { instance, interface: device, vrid, state: own } of this.#instances)
          for (const state of VRRP_STATES)
            gauge.set({ instance, interface: device, vrid, state }, state === own ? 1 : 0);
      },
    });
  }

  #registerLines(registers: Registry[]): void {
    const gauge = new Gauge({
      name: 'lvsd_vrrp_line_up',
      help: '1 while the other director is heard on a line, 0 while it is silent; not there before either is known.',
      labelNames: ['instance', 'interface', 'peer'],
      registers,
      collect: () => {
        gauge.reset();
        for (const { instance, lines } of this.#instances)
          for (const { interface: device, peer, state } of lines)
            if (state !== 'unknown')
              gauge.set({ instance, interface: device, peer }, state === 'heard' ? 1 : 0);
      },
    });
  }

  #registerSync(registers: Registry[]): void {
    const gauge = new Gauge({
      name: 'lvsd_sync_daemon',
      help: '1 while a sync daemon of the kernel runs, 0 while it does not; not there where the file has none.',
      labelNames: ['role', 'interface', 'id'],
      registers,
      collect: () => {
        gauge.reset();
        const sync = this.#status()?.sync ?? null;
        if (sync === null) return;
        const { interface: device, syncId, running } = sync;
        for (const role of SYNC_ROLES)
          gauge.set({ role, interface: device, id: String(syncId) }, running.includes(role) ? 1 : 0);
      },
    });
    const problem = new Gauge({
      name: 'lvsd_sync_problem',
      help: '1 while the sync daemons are not as they ought to be.',
      registers,
      collect: () => {
        problem.reset();
        const sync = this.#status()?.sync ?? null;
        if (sync !== null) problem.set(sync.problem === '' ? 0 : 1);
      },
    });
  }

  #registerTracks(registers: Registry[]): void {
    const gauge = new Gauge({
      name: 'lvsd_vrrp_track_up',
      help: '1 while what an instance depends on counts as good, 0 while it counts as bad.',
      labelNames: ['instance', 'kind', 'name'],
      registers,
      collect: () => {
        gauge.reset();
        for (const { instance, kind, name, countsAs } of this.#status()?.tracks ?? [])
          gauge.set({ instance, kind, name }, countsAs === 'good' ? 1 : 0);
      },
    });
  }

  #gauge(registers: Registry[], name: string, help: string, figure: (of: InstanceStatus) => number): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['instance'],
      registers,
      collect: () => {
        gauge.reset();
        for (const status of this.#instances) gauge.set({ instance: status.instance }, figure(status));
      },
    });
  }

  #counter(registers: Registry[], name: string, help: string, counter: string): void {
    const family = new Counter({
      name,
      help,
      labelNames: ['instance'],
      registers,
      collect: () => {
        family.reset();
        for (const { instance, counters } of this.#instances)
          family.inc({ instance }, counters[counter] ?? 0);
      },
    });
  }

  /** A family of the counters with this beginning; the rest of their names is the label. */
  #counters(
    registers: Registry[],
    { name, label, help }: { readonly name: string; readonly label: string; readonly help: string },
    prefix: string,
  ): void {
    const family = new Counter({
      name,
      help,
      labelNames: ['instance', label],
      registers,
      collect: () => {
        family.reset();
        for (const { instance, counters } of this.#instances)
          for (const [counter, count] of Object.entries(counters))
            if (counter.startsWith(prefix))
              family.inc({ instance, [label]: counter.slice(prefix.length) }, count);
      },
    });
  }

  #registerProcess(registers: Registry[]): void {
    const up = new Gauge({
      name: 'lvsd_vrrp_process_up',
      help: '1 while the process that drives the instances runs; there only if the configuration has any.',
      labelNames: ['process'],
      registers,
      collect: () => {
        up.reset();
        const status = this.#status();
        if (status !== null) up.set(PROCESS, status.process.running ? 1 : 0);
      },
    });
    const restarts = new Counter({
      name: 'lvsd_vrrp_process_restarts_total',
      help: 'Times that it was started again after it had ended unasked.',
      labelNames: ['process'],
      registers,
      collect: () => {
        restarts.reset();
        const status = this.#status();
        if (status !== null) restarts.inc(PROCESS, status.process.restarts);
      },
    });
  }
}
