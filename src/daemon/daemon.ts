/**
 * The whole director as one object: the only place where its parts are made and joined.
 *
 *   file ──► reconciler ──► data plane          health ──verdicts──► reconciler
 *   api ──► operations ──► reconciler, reloader          events ──► log, api
 */
import { join } from 'node:path';
import { ApiServer } from '../api/server.js';
import type { Clock, Random } from '../base/clock.js';
import { closeAll } from '../base/close-all.js';
import { formatEndpoint } from '../base/ip.js';
import type { Logger } from '../base/logger.js';
import { plural } from '../base/plural.js';
import { VERSION } from '../base/version.js';
import type { LoadOptions } from '../config/load.js';
import { EventLog } from '../controller/event-log.js';
import { Reconciler } from '../controller/reconciler.js';
import { createChecker } from '../health/checkers/create-checker.js';
import { systemTools } from '../health/checkers/tools.js';
import { ExternalResults } from '../health/external-results.js';
import { HealthRunner } from '../health/runner.js';
import { Metrics } from '../metrics/metrics.js';
import type { Model } from '../model/director.js';
import { Notices } from '../notices/notices.js';
import type { BootConfig } from './boot-config.js';
import type { KernelSide } from './kernel-side.js';
import type { OpenedPlane } from './open-chosen-plane.js';
import { AcceptedConfigs } from './accepted-configs.js';
import { ConfigLedger } from './config-ledger.js';
import { logEvent, logRefusedFile } from './event-logger.js';
import { createTruePaths } from './true-paths.js';
import { DirectorState, type Remembered } from './director-state.js';
import { HistoryStore } from './state/history-store.js';
import { LastGoodStore } from './state/last-good.js';
import { DirectorOperations } from './operations.js';
import { Planes } from './planes.js';
import { Reloader } from './reload.js';
import type { PeerOf } from './state/peer-credentials.js';
import type { StateLock } from './state/state-lock.js';
import { StandingRecorder } from './standing-recorder.js';
import { StallAlarm } from './stall-alarm.js';
import { StateTroubles } from './state-troubles.js';
import { statusLine } from './status-line.js';

/** Hears what a director does, for who supervises it. */
export interface DirectorObserver {
  /** A round has ended, also one that found nothing to do. */
  roundFinished(): void;
  /** A reload has begun; `reloaded` follows, accepted or not. */
  reloading(): void;
  reloaded(): void;
}

export interface DaemonOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Configuration file; absolute. */
  readonly file: string;
  /** How the file is read, now and at each reload. */
  readonly load: LoadOptions;
  /** What was read. */
  readonly boot: BootConfig;
  /** Which plane, and the kernel's if it is that; the director closes it. */
  readonly chosen: OpenedPlane;
  /** Of state_dir, held since before that was read; the director releases it. */
  readonly lock: StateLock;
  /** What an earlier director left in state_dir. */
  readonly remembered: Remembered;
  /** Who is at the other end of a control connection. */
  readonly peerOf: PeerOf;
  /** Absolute. */
  readonly socket: string;
  /** Mode of the socket's folder if it has to be made. */
  readonly socketFolderMode: number;
  /** Absolute. */
  readonly stateDir: string;
  /** The process's effective user id. */
  readonly uid: number;
  readonly observer?: DirectorObserver | undefined;
}

export class Daemon {
  readonly events: EventLog;
  readonly #options: DaemonOptions;
  readonly #metrics: Metrics;
  readonly #planes: Planes;
  /** null on the userspace plane. */
  readonly #kernelSide: KernelSide | null;
  readonly #health: HealthRunner;
  readonly #externalResults: ExternalResults;
  readonly #reconciler: Reconciler;
  readonly #notices: Notices;
  readonly #reloader: Reloader;
  readonly #api: ApiServer;
  readonly #ledger: ConfigLedger;
  readonly #history: HistoryStore;
  readonly #accepted: AcceptedConfigs;
  readonly #state: DirectorState;
  readonly #troubles: StateTroubles;
  readonly #recorder: StandingRecorder;
  readonly #startedAtMs: number;
  #model: Model;
  #toldStart = false;
  #closing: Promise<void> | null = null;

  constructor(options: DaemonOptions) {
    const { clock, random, logger, boot, file, load } = options;
    const { model, digest } = boot.loaded;
    this.#options = options;
    this.#model = model;
    this.#startedAtMs = clock.wallMs();
    this.events = new EventLog(clock);
    this.events.subscribe((event) => logEvent(logger, event));
    this.#metrics = new Metrics({ clock });
    this.#notices = new Notices({
      clock,
      random,
      events: this.events,
      director: model.director.name,
      startedAtMs: this.#startedAtMs,
    });
    this.#metrics.notices.watch(() => this.#notices.status);
    this.#ledger = new ConfigLedger(clock, file, { digest, source: boot.source });
    this.#history = new HistoryStore(options.stateDir, options.uid, clock);
    const lastGood = new LastGoodStore(options.stateDir);
    this.#troubles = new StateTroubles(clock, this.events);
    this.#accepted = new AcceptedConfigs({
      clock,
      file,
      lastGood,
      history: this.#history,
      onWritten: (name, trouble) => this.#troubles.report(join(options.stateDir, name), trouble),
    });
    this.#planes = new Planes({
      clock,
      director: model.director,
      chosen: options.chosen,
      onModuleFault: ({ service, message }) => this.#reconciler.tellFault(service, message),
      onFaultyReplaced: (service) => this.#reconciler.tellFault(service, null),
      onListenerFault: (fault) => logger.error(fault, 'listener failed'),
    });
    const { remembered, stateDir } = options;
    const kernel = this.#planes.kernel !== null;
    this.#state = new DirectorState({
      stateDir,
      clock,
      remembered,
      kernel,
      states: () => this.#reconciler.states,
      serving: () => this.#reconciler.serving,
      loads: () => this.#reconciler.loads,
      owned: () => this.#reconciler.owned,
      onTrouble: (trouble, path) => this.#troubles.report(path, trouble),
    });
    this.#kernelSide =
      options.chosen.join?.({
        clock,
        state: this.#state,
        owned: remembered.owned,
        warn: (message) => logger.warn(message),
        tell: (message) => logger.info(message),
      }) ?? null;
    this.#reconciler = new Reconciler({
      ...(this.#kernelSide === null
        ? {}
        : { addresses: this.#kernelSide.addresses, probes: this.#kernelSide.probeMarks }),
      ...(kernel ? { owned: remembered.owned } : {}),
      states: remembered.states,
      serving: remembered.serving,
      onServing: () => this.#state.servingChanged(),
      loads: remembered.loads,
      onLoads: (change) => this.#state.loadsChanged(change),
      saveOwnership: () => this.#state.saveOwnership(),
      onStates: (change) => this.#state.statesChanged(change),
      dataplane: this.#planes.dataplane,
      clock,
      random,
      events: this.events,
      model,
      frame: () => this.#frame(),
      onRound: (plan) => {
        this.#metrics.plans.finished(plan);
        this.#kernelSide?.roundFinished(plan);
        options.observer?.roundFinished();
      },
    });
    this.#recorder = new StandingRecorder({
      stateDir,
      uid: options.uid,
      clock,
      standing: (service) => this.#reconciler.standing(service),
      onTrouble: (trouble, folder) => this.#troubles.report(folder, trouble),
    });
    this.events.subscribe(({ service }) => service !== null && this.#recorder.touch(service));
    this.#metrics.availability.watch(() => this.#recorder.samples());
    const stalls = new StallAlarm(clock, this.events);
    this.#externalResults = new ExternalResults(clock);
    const paths = createTruePaths(clock, () => this.#reconciler);
    const checkerTools = { ...systemTools, clock, random, external: this.#externalResults, paths };
    this.#health = new HealthRunner({
      clock,
      random,
      makeChecker: (check, server) => createChecker(check, server, checkerTools),
      onVerdict: (service, server, verdict) => {
        this.#reconciler.setVerdict(service, server, verdict);
        this.#recorder.verdict(service, server, verdict);
      },
      onAgent: (service, server, report) => this.#reconciler.setAgent(service, server, report),
      onStall: (stall) => stalls.stalled(stall),
      observer: this.#metrics.health,
      limits: model.director.health,
    });
    this.#metrics.health.watch(() => this.#health.figures);
    this.#reloader = new Reloader({
      file,
      load,
      started: model.director,
      notices: model.notices,
      fingerprints: boot.loaded.fingerprints,
      events: this.events,
      reconciler: this.#reconciler,
      ledger: this.#ledger,
      accepted: this.#accepted,
      beforeApply: async (next) => {
        this.#planes.configure(next.director);
        await this.#kernelSide?.follow(next);
      },
      afterApply: (next) => this.#follow(next),
      observer: options.observer,
    });
    this.#api = this.#createApi();
  }

  /** Where the read-only listener listens; null before `start` and when there is none. */
  get adminAddress(): string | null {
    const bound = this.#api.tcpAddress;
    return bound && formatEndpoint(bound.address, bound.port);
  }

  /** Absolute path of the control socket. */
  get socket(): string {
    return this.#options.socket;
  }

  /** The running configuration. */
  get model(): Model {
    return this.#model;
  }

  /** `3 services, 12 servers, 1 down`. */
  describe(): string {
    const { services, states } = this.#reconciler;
    return statusLine(services, states.verdicts, this.#reconciler.readiness());
  }

  /** What becomes of the table when this process ends. */
  get farewell(): string {
    if (this.#planes.kernel === null) return 'the userspace plane ends with this process';
    const { onStop } = this.#model.director;
    return `on_stop: ${onStop}: what is in the kernel's table is ${onStop === 'keep' ? 'kept' : 'removed'}`;
  }

  /**
   * Serves: takes the lock of the network namespace, opens the API, programs the table, begins to check.
   *
   * A service that cannot be programmed is reported and retried and stops nothing.
   * @throws DirectorError when lock, socket or admin listener cannot be had; all is closed again then
   */
  async start(): Promise<void> {
    try {
      await this.#kernelSide?.lock();
      this.#metrics.start();
      this.#notices.start(this.#model.notices);
      this.#tellStart();
      // The API answers before all is done: a reload asked for there must find a director that has started.
      await this.#reloader.holding(() => this.#serve());
    } catch (error) {
      // Why it did not start is what the caller must know; what went wrong while closing comes on top.
      await this.close().catch((fault: unknown) =>
        this.#options.logger.error(fault, 'close after a failed start'),
      );
      throw error;
    }
  }

  async #serve(): Promise<void> {
    await this.#api.start();
    await this.#kernelSide?.follow(this.#model);
    await this.#reconciler.start();
    this.#recorder.start(this.#model.services);
    void this.#kernelSide?.check(this.#model);
    const { states, loads } = this.#options.remembered;
    this.#health.configure(
      this.#model.services,
      (service, server) => states.verdicts.get(service)?.get(server) ?? null,
      (service, server) => loads.agents.get(service)?.get(server) ?? null,
    );
    if (this.#options.boot.source === 'file') await this.#rememberBoot();
  }

  /** Reads the file again; the outcome is in log, events and status. Never forces. */
  async reload(by: string): Promise<void> {
    const outcome = await this.#reloader.reload(by, false);
    const { logger } = this.#options;
    if (!outcome.ok) {
      if (outcome.report !== null) logRefusedFile(logger, outcome.code, outcome.report);
      return;
    }
    for (const warning of outcome.warnings) logger.warn(warning.trimEnd());
    for (const failure of outcome.failures) logger.error(failure);
  }

  /**
   * Ends everything in the order that leaves nothing half done. Idempotent and awaited.
   *
   * @throws what a part failed with; all others are closed and the lock is released all the same
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** A part that fails to close must not keep the lock, nor the listeners of those that come after it. */
  #close(): Promise<void> {
    return closeAll([
      () => this.#tellStop(),
      () => this.#reloader.close(),
      () => this.#health.close(),
      // Before services are taken away: that is no failure of theirs.
      () => this.#recorder.close(),
      () => this.#kernelSide?.idle(),
      () => this.#state.closeStates(),
      () => this.#kernelSide?.leave(this.#model, this.#reconciler, this.#options.logger),
      () => this.#reconciler.close(),
      () => this.#api.close(),
      () => this.#notices.close(),
      () => this.#kernelSide?.close(),
      () => this.#planes.dataplane.close(),
      () => this.#metrics.close(),
      () => this.#state.close(),
      () => this.#kernelSide?.release(),
      () => this.#options.lock.release(),
    ]);
  }

  #createApi(): ApiServer {
    const { clock, logger, socket, socketFolderMode, uid, file } = this.#options;
    const operations = new DirectorOperations({
      file,
      load: this.#options.load,
      startedPlane: this.#options.boot.loaded.model.director.dataplane,
      events: this.events,
      reconciler: this.#reconciler,
      history: this.#history,
      saveOverrides: () => this.#state.saveOverrides(),
      reloader: this.#reloader,
      dataplane: this.#planes.dataplane,
      userspace: this.#planes.userspace,
      metrics: () => this.#writeMetrics(),
      externalResults: this.#externalResults,
      notices: this.#notices,
    });
    return new ApiServer({
      operations,
      clock,
      logger,
      name: this.#model.director.name,
      uid,
      peerOf: this.#options.peerOf,
      socket: { path: socket, folderMode: socketFolderMode },
      tcp: this.#model.director.adminListen,
    });
  }

  async *#writeMetrics(): AsyncGenerator<string> {
    yield* this.#metrics.write(await this.#reconciler.status());
  }

  /** Lets the parts that are not the table's follow a new model. */
  #follow(model: Model): void {
    this.#model = model;
    this.#notices.configure(model.notices);
    this.#health.setLimits(model.director.health);
    // Of what is new to the checks something is known where a service came from another address.
    const { states, loads } = this.#reconciler;
    this.#health.configure(
      model.services,
      (service, server) => states.verdicts.get(service)?.get(server) ?? null,
      (service, server) => loads.agents.get(service)?.get(server) ?? null,
    );
    this.#recorder.follow(model.services);
    void this.#kernelSide?.check(model);
  }

  #tellStart(): void {
    const { boot, file } = this.#options;
    const { kind, reason } = this.#planes.choice;
    const message = `lvsd ${VERSION}, ${kind} plane (${reason})`;
    this.#toldStart = true;
    const cause = this.events.append({ type: 'director-started', message });
    if (boot.source === 'file') {
      this.events.append({ type: 'config-loaded', message: `${file}, digest ${boot.loaded.digest}`, cause });
      return;
    }
    this.#ledger.refused(boot.refusal.message);
    const refused = this.events.append({ type: 'config-refused', message: boot.refusal.message, cause });
    const saved = new Date(boot.copy.savedAtMs).toISOString();
    const text = `the copy of ${saved} runs until a reload is accepted, digest ${boot.loaded.digest}`;
    this.events.append({ type: 'last-good-used', message: text, cause: refused });
  }

  /** Only who has said that it started says that it stops. */
  #tellStop(): void {
    if (!this.#toldStart) return;
    this.events.append({ type: 'director-stopping', message: this.farewell });
  }

  async #rememberBoot(): Promise<void> {
    const about = { by: 'start', why: 'start', summary: plural(this.#model.services.length, 'service') };
    // What cannot be written is told by an event.
    await this.#accepted.remember(this.#options.boot.loaded, about);
  }

  #frame() {
    const { unwritten } = this.#troubles;
    const { lastStall } = this.#health;
    const notices = this.#notices.status;
    return {
      director: {
        // A new name takes effect at the next start, as restart-only.ts says.
        name: this.#options.boot.loaded.model.director.name,
        version: VERSION,
        pid: process.pid,
        startedAtMs: this.#startedAtMs,
        ...(unwritten.length === 0 ? {} : { unwritten }),
        ...(lastStall === null ? {} : { lastStall }),
        ...(notices.length === 0 ? {} : { notices }),
      },
      dataplane: this.#planes.choice,
      config: this.#ledger.status,
    };
  }
}
