#!/usr/bin/env node
/** The program `lvsd`: joins the command line to the parts that it may not know itself. */
import { tmpdir } from 'node:os';
import { relative } from 'node:path';
import { createLogger } from '../base/logger.js';
import { applyAlone } from '../daemon/apply-alone.js';
import { planAlone } from '../daemon/plan-alone.js';
import { runDirector } from '../daemon/run-director.js';
import { startDirector } from '../daemon/start-director.js';
import { runDemo } from '../demo/demo.js';
import { calledAs } from './called-as.js';
import { runCli } from './program.js';
import type { Programs } from './programs.js';
import { processContext } from './terminal.js';

const context = processContext();

const programs: Programs = {
  runDirector: (request) =>
    runDirector({ ...request, prettyLog: process.stderr.isTTY, colorLog: context.errorColor }),
  planAlone,
  applyAlone,
  runDemo: (request) =>
    runDemo({
      ...request,
      clock: context.clock,
      command: calledAs(process.argv, process.execArgv, (path) => relative(process.cwd(), path)),
      tmpdir: tmpdir(),
      onRevive: (revive) => void process.on('SIGUSR2', revive),
      startDirector: startDemoDirector,
    }),
};

async function startDemoDirector(config: string) {
  const logger = createLogger({ level: 'fatal', pretty: process.stderr.isTTY, color: context.errorColor });
  const daemon = await startDirector({ config, allowModule: false }, logger);
  return {
    onEvent: (listener: Parameters<typeof daemon.events.subscribe>[0]) =>
      void daemon.events.subscribe(listener),
    close: () => daemon.close(),
  };
}

await runCli(process.argv.slice(2), context, programs);
