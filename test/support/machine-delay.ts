/** How late this machine is by itself: what a thread that does nothing else but wait sees. */
import { Worker } from 'node:worker_threads';

const TICK_MS = 5;

const script = `
const { parentPort, workerData } = require('node:worker_threads');
const most = new Float64Array(workerData);
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  most[0] = Math.max(most[0], now - last - ${TICK_MS});
  last = now;
}, ${TICK_MS});
parentPort.postMessage('');`;

/** Watches from `start` to `close`. */
export class MachineDelay {
  readonly #worker: Worker;
  readonly #most: Float64Array;

  private constructor(worker: Worker, most: Float64Array) {
    this.#worker = worker;
    this.#most = most;
  }

  static async start(): Promise<MachineDelay> {
    const shared = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
    const worker = new Worker(script, { eval: true, workerData: shared });
    await new Promise((resolve) => void worker.once('message', resolve));
    return new MachineDelay(worker, new Float64Array(shared));
  }

  /** The most that it was late since the last call, ms. */
  take(): number {
    const [most = 0] = this.#most;
    this.#most[0] = 0;
    return most;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
