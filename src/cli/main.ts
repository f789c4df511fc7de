#!/usr/bin/env node
/** The program `lvsd`: joins the command line to the parts that it may not know itself. */
import { tmpdir } from 'node:os';
import { relative } from 'node:path';
import { calledAs } from './called-as.js';
import { runCli } from './program.js';
import type { Programs } from './programs.js';
import { processContext } from './terminal.js';

const context = processContext();

/** Loaded when they are run: the director is most of the code, and most commands only talk to one. */
const programs: Programs = {
  runDirector: async (request) => {
    const { runDirector } = await import('../daemon/run-director.js');
    return runDirector({ ...request, prettyLog: process.stderr.isTTY, colorLog: context.errorColor });
  },
  planAlone: async (request) => (await import('../daemon/plan-alone.js')).planAlone(request),
  applyAlone: async (request) => (await import('../daemon/apply-alone.js')).applyAlone(request),
  makeReport: async (request) => (await import('../daemon/make-report.js')).makeReport(request),
  runDemo: async (request) => {
    const { runDemo } = await import('../demo/demo.js');
    return runDemo({
      ...request,
      clock: context.clock,
      command: calledAs(process.argv, process.execArgv, (path) => relative(process.cwd(), path)),
      tmpdir: tmpdir(),
      onRevive: (revive) => void process.on('SIGUSR2', revive),
      startDirector: startDemoDirector,
    });
  },
};

async function startDemoDirector(config: string) {
  const { createLogger } = await import('../base/logger.js');
  const { startDirector } = await import('../daemon/start-director.js');
  const logger = createLogger({ level: 'fatal', pretty: process.stderr.isTTY, color: context.errorColor });
  const daemon = await startDirector({ config, allowModule: false }, logger);
  return {
    onEvent: (listener: Parameters<typeof daemon.events.subscribe>[0]) =>
      void daemon.events.subscribe(listener),
    close: () => daemon.close(),
  };
}

await runCli(process.argv.slice(2), context, programs);
