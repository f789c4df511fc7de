/** Tomcat of Debian's package on a host of the lab: one page that says the host's name, and what it takes to start and kill it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProcess } from '../../support/program.js';
import { skipOrFail } from '../../support/require-tool.js';
import type { Namespace } from './namespace.js';

const HOME = '/usr/share/tomcat10';

/** For node:test's `skip`. */
export function skipWithoutTomcat(): false | string {
  if (existsSync(join(HOME, 'bin/catalina.sh'))) return false;
  return skipOrFail('tomcat10', 'tomcat10 is not installed; cure: apt-get install tomcat10');
}

export class Tomcat {
  readonly #host: Namespace;
  readonly #folder: string;
  #child: ChildProcess | null = null;

  constructor(host: Namespace, port: number) {
    this.#host = host;
    this.#folder = `/run/lab/tomcat-${host.name}`;
    for (const name of ['conf', 'logs', 'temp', 'work', 'webapps/ROOT/WEB-INF'])
      mkdirSync(join(this.#folder, name), { recursive: true });
    const root = join(this.#folder, 'webapps/ROOT');
    writeFileSync(join(root, 'index.jsp'), `<%= "${host.name}" %>`);
    writeFileSync(
      join(root, 'WEB-INF/web.xml'),
      '<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0"></web-app>',
    );
    writeFileSync(
      join(this.#folder, 'conf/server.xml'),
      `<Server port="-1"><Service name="Catalina">
         <Connector port="${port}" protocol="HTTP/1.1" address="0.0.0.0" />
         <Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" unpackWARs="false" /></Engine>
       </Service></Server>`,
    );
  }

  /** Does not wait until it answers. */
  start(): void {
    // JSPs need the servlet that the package's own web.xml declares.
    const script = `cp /etc/tomcat10/web.xml "$1/conf/web.xml" && exec ${HOME}/bin/catalina.sh run`;
    const log = openSync(join(this.#folder, 'logs/out'), 'a');
    this.#child = this.#host.within(() =>
      spawn('sh', ['-c', script, 'tomcat', this.#folder], {
        stdio: ['ignore', log, log],
        env: { ...process.env, CATALINA_HOME: HOME, CATALINA_BASE: this.#folder, JAVA_OPTS: '-Xmx96m' },
      }),
    );
    closeSync(log);
  }

  /** At once. May be called when it does not run. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    await endProcess(child, 'SIGKILL');
  }
}
