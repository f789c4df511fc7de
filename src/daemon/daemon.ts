/**
 * The whole director as one object: the only place where its parts are made and joined.
 *
 *   file ──► reconciler ──► data plane          health ──verdicts──► reconciler
 *   api ──► operations ──► reconciler, reloader          events ──► log, api
 */
import { join } from 'node:path';
import { ApiServer } from '../api/server.js';
import { closeAll } from '../base/close-all.js';
import { formatEndpoint } from '../base/ip.js';
import { EventLog } from '../controller/event-log.js';
import { Reconciler } from '../controller/reconciler.js';
import type { SnapshotFrame } from '../controller/status.js';
import { Metrics } from '../metrics/metrics.js';
import type { Model } from '../model/director.js';
import { Notices } from '../notices/notices.js';
import type { KernelSide } from './kernel-side.js';
import { ConfigRecords } from './config-records.js';
import { logEvent, logRefusedFile } from './event-logger.js';
import { HealthSide } from './health-side.js';
import { LifeStory } from './life-story.js';
import type { DaemonOptions } from './daemon-options.js';
import { DirectorState } from './director-state.js';
import { DirectorOperations } from './operations.js';
import { Planes } from './planes.js';
import { Reloader } from './reload.js';
import { StandingRecorder } from './standing-recorder.js';
import { drawFrame } from './snapshot-frame.js';
import { StateTroubles } from './state-troubles.js';
import { statusLine } from './status-line.js';
import { HaSide } from './vrrp/ha-side.js';
import { SyncSide } from './vrrp/sync-side.js';
import { TrackSide } from './vrrp/tracks/track-side.js';

export class Daemon {
  readonly events: EventLog;
  readonly #options: DaemonOptions;
  readonly #metrics: Metrics;
  readonly #planes: Planes;
  /** null on the userspace plane. */
  readonly #kernelSide: KernelSide | null;
  readonly #health: HealthSide;
  readonly #tracks: TrackSide;
  readonly #ha: HaSide;
  readonly #sync: SyncSide;
  readonly #reconciler: Reconciler;
  readonly #notices: Notices;
  readonly #reloader: Reloader;
  readonly #api: ApiServer;
  readonly #records: ConfigRecords;
  readonly #story: LifeStory;
  readonly #state: DirectorState;
  readonly #troubles: StateTroubles;
  readonly #recorder: StandingRecorder;
  #model: Model;
  #closing: Promise<void> | null = null;

  constructor(options: DaemonOptions) {
    const { clock, random, logger, boot, file, load, stateDir, uid, remembered } = options;
    const { model } = boot.loaded;
    this.#options = options;
    this.#model = model;
    this.events = new EventLog(clock);
    this.events.subscribe((event) => logEvent(logger, event));
    this.#troubles = new StateTroubles(clock, this.events);
    this.#records = new ConfigRecords({
      clock,
      file,
      boot,
      stateDir,
      uid,
      onWritten: (name, trouble) => this.#troubles.report(join(stateDir, name), trouble),
    });
    const { ledger } = this.#records;
    this.#story = new LifeStory({ clock, events: this.events, file, boot, ledger });
    this.#metrics = new Metrics({ clock });
    this.#notices = new Notices({
      clock,
      random,
      events: this.events,
      director: model.director.name,
      startedAtMs: this.#story.startedAtMs,
    });
    this.#metrics.notices.watch(() => this.#notices.status);
    this.#planes = new Planes({
      clock,
      director: model.director,
      chosen: options.chosen,
      onModuleFault: ({ service, message }) => this.#reconciler.tellFault(service, message),
      onFaultyReplaced: (service) => this.#reconciler.tellFault(service, null),
      onListenerFault: (fault) => logger.error(fault, 'listener failed'),
    });
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
        if (plan.trigger.split(', ').includes('resync')) this.#sync.keep();
        this.#tracks.servicesChanged();
        this.#ha.changed();
        options.observer?.roundFinished();
      },
    });
    this.#recorder = new StandingRecorder({
      stateDir,
      uid,
      clock,
      standing: (service) => this.#reconciler.standing(service),
      onTrouble: (trouble, folder) => this.#troubles.report(folder, trouble),
      onUnread: (message) => logger.warn(message),
    });
    this.events.subscribe(({ service }) => service !== null && this.#recorder.touch(service));
    this.#metrics.availability.watch(() => this.#recorder.samples());
    this.#tracks = new TrackSide({
      clock,
      events: this.events,
      host: options.ha.tracked,
      services: () => ({
        services: this.#reconciler.services,
        decisions: this.#reconciler.serving.decisions,
      }),
      onChange: () => this.#ha.changed(),
    });
    this.#health = new HealthSide({
      clock,
      random,
      events: this.events,
      reconciler: this.#reconciler,
      recorder: this.#recorder,
      observer: this.#metrics.health,
      tracks: this.#tracks,
      limits: model.director.health,
    });
    this.#metrics.health.watch(() => this.#health.figures);
    this.#ha = new HaSide({
      clock,
      random,
      events: this.events,
      logger,
      host: options.ha,
      programmed: () => this.#reconciler.programmed,
      tracks: this.#tracks,
      onActive: () => this.#reconciler.retryFailing(),
      sync: () => this.#sync.status,
      onRoles: () => this.#sync.rolesChanged(),
    });
    this.#sync = new SyncSide({
      clock,
      events: this.events,
      plane: this.#planes.kernel,
      state: this.#state,
      stateOf: (instance) => this.#ha.stateOf(instance),
    });
    this.#metrics.ha.watch(() => this.#ha.status);
    this.#reloader = new Reloader({
      file,
      load,
      started: model.director,
      running: boot.loaded,
      events: this.events,
      reconciler: this.#reconciler,
      ledger,
      accepted: this.#records.accepted,
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
    const addresses = this.#model.ha === null ? '' : '; addresses of instances go to another director';
    if (this.#planes.kernel === null) return `the userspace plane ends with this process${addresses}`;
    const { onStop } = this.#model.director;
    const table = `what is in the kernel's table is ${onStop === 'keep' ? 'kept' : 'removed'}`;
    return `on_stop: ${onStop}: ${table}${addresses}`;
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
      await this.#ha.lock(this.#model.ha);
      this.#metrics.start();
      this.#notices.start(this.#model.notices);
      this.#story.begin(this.#planes.choice);
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
    this.#tracks.follow(this.#model.ha);
    // Addresses come to where they are served.
    void this.#ha.follow(this.#model.ha);
    void this.#followSync(this.#model);
    this.#recorder.start(this.#model.services);
    void this.#kernelSide?.check(this.#model);
    this.#health.follow(this.#model);
    const { source, loaded } = this.#options.boot;
    if (source === 'file') await this.#records.rememberBoot(loaded);
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
      () => this.#story.end(this.farewell),
      // Before a reload that lasts has ended, and while everything still works: another director is to take over from one that serves.
      () => this.#fallSilent(),
      () => this.#reloader.close(),
      // Before services are taken away: that is no failure of theirs.
      () => this.#recorder.close(),
      () => this.#kernelSide?.idle(),
      () => this.#state.closeStates(),
      () => this.#kernelSide?.leave(this.#model, this.#reconciler, this.#options.logger),
      () => this.#sync.close(this.#model.director.onStop === 'remove'),
      () => this.#reconciler.close(),
      () => this.#api.close(),
      () => this.#notices.close(),
      () => this.#kernelSide?.close(),
      () => this.#planes.dataplane.close(),
      () => this.#metrics.close(),
      () => this.#state.close(),
      () => this.#kernelSide?.release(),
      () => this.#ha.release(),
      () => this.#options.lock.release(),
    ]);
  }

  /**
   * Instances leave and checks end, both at once: who supervises ends `lvsd-vrrp` and the programs of checks together with this
   * process, and neither is a failure of theirs.
   */
  async #fallSilent(): Promise<void> {
    this.#tracks.close();
    const checks = this.#health.close();
    checks.catch(() => undefined);
    await this.#ha.close();
    await checks;
  }

  #createApi(): ApiServer {
    const { clock, logger, socket, socketFolderMode, uid, file } = this.#options;
    const operations = new DirectorOperations({
      file,
      load: this.#options.load,
      startedPlane: this.#options.boot.loaded.model.director.dataplane,
      events: this.events,
      reconciler: this.#reconciler,
      history: this.#records.history,
      saveOverrides: () => this.#state.saveOverrides(),
      reloader: this.#reloader,
      dataplane: this.#planes.dataplane,
      userspace: this.#planes.userspace,
      metrics: () => this.#writeMetrics(),
      externalResults: this.#health.externalResults,
      notices: this.#notices,
      ha: this.#ha,
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
    this.#tracks.follow(model.ha);
    this.#health.follow(model);
    void this.#ha.follow(model.ha);
    void this.#followSync(model);
    this.#recorder.follow(model.services);
    void this.#kernelSide?.check(model);
  }

  #followSync({ ha, director }: Model): Promise<void> {
    return this.#sync.follow(ha?.syncDaemon ?? null, director.drift);
  }

  #frame(): SnapshotFrame {
    return drawFrame({
      name: this.#options.boot.loaded.model.director.name,
      story: this.#story,
      troubles: this.#troubles,
      health: this.#health,
      notices: this.#notices,
      planes: this.#planes,
      ha: this.#ha,
      ledger: this.#records.ledger,
    });
  }
}
