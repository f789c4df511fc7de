#!/usr/bin/env node
/** The program: real streams, the kernel's table, the machine's names. Loads what talks to the kernel only when it is asked. */
import { readSync } from 'node:fs';
import { basename } from 'node:path';
import type { IpvsTable } from '../../native/ipvs/table.js';
import type { PrintedTable } from '../../native/proc/printed-table.js';
import { readPrivileges } from '../../native/proc/privileges.js';
import type { UserspaceSource } from './context.js';
import { DescriptorSink, ReaderGoneError } from './output.js';
import { runLvsadm } from './run.js';
import { systemNames } from './system-names.js';

/** As a shell tells of a program that wrote to a pipe without a reader. */
const brokenPipeStatus = 128 + 13;
const inputBytes = 64 * 1024;

/** Each look-up of a name holds one thread, for seconds where no name server answers. */
process.env['UV_THREADPOOL_SIZE'] ??= '16';

/** Called through a link, the program goes by the link's name. */
function programName(): string {
  const name = basename(process.argv[1] ?? '');
  return name === '' || /\.[cm]?[jt]s$/.test(name) ? 'lvsadm' : name;
}

/** Pieces as they come, so that rules from a pipe are run when they are there. */
async function* standardInput(): AsyncGenerator<Uint8Array, void, void> {
  const buffer = Buffer.alloc(inputBytes);
  for (;;) {
    let count: number;
    try {
      count = readSync(0, buffer);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EAGAIN') throw new Error(`read standard input: ${code}`, { cause: error });
      yield* process.stdin as AsyncIterable<Uint8Array>;
      return;
    }
    if (count === 0) return;
    yield buffer.subarray(0, count);
  }
}

async function openTable(): Promise<IpvsTable> {
  const { IpvsClient } = await import('../../native/ipvs/client.js');
  try {
    return IpvsClient.open();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_IPVS_UNAVAILABLE')) throw error;
    const { loadModule } = await import('../../native/proc/modules.js');
    try {
      loadModule('ip_vs');
    } catch (cause) {
      error.cause = cause;
      throw error;
    }
    return IpvsClient.open();
  }
}

/** Of a printed table: from some ninety services of ten servers on. */
const largeBytes = 64 * 1024;

async function readPrintedTable(): Promise<PrintedTable | null> {
  const printed = (await import('../../native/proc/printed-table.js')).PrintedTable.read();
  const large = printed === null || printed.bytes.length >= largeBytes;
  if (large) (await import('./late-compiling.js')).compileLate();
  return printed;
}

async function openUserspace(rates: boolean): Promise<UserspaceSource> {
  const userspace = await import('./userspace.js');
  return userspace.openUserspace({ uid: process.geteuid?.() ?? 0, environment: process.env }, rates);
}

async function probeMarks(): Promise<ReadonlySet<number>> {
  const { readProbeMarks } = await import('./own-probes.js');
  return readProbeMarks({ uid: process.geteuid?.() ?? 0, environment: process.env });
}

async function main(): Promise<number> {
  const stderr = new DescriptorSink(2);
  try {
    return await runLvsadm(process.argv.slice(2), {
      programName: programName(),
      stdin: standardInput(),
      stdout: new DescriptorSink(1),
      stderr,
      names: systemNames,
      openTable,
      connections: async () => (await import('../../native/proc/connections.js')).readConnections(),
      printedTable: readPrintedTable,
      openUserspace,
      probeMarks,
      privileges: readPrivileges,
      stopAtOperand:
        process.env['POSIXLY_CORRECT'] !== undefined || process.env['POSIX_ME_HARDER'] !== undefined,
    });
  } catch (error) {
    if (error instanceof ReaderGoneError) return brokenPipeStatus;
    const message = error instanceof Error ? error.message : String(error);
    // there is nobody else to tell when that fails too; the exit status does
    await Promise.resolve(stderr.write(`${message}\n`)).catch(() => undefined);
    return 1;
  }
}

// all is written by now; ending by itself, Node would first take down what it has built, thread by thread
void main().then((status) => process.exit(status));
