/** Steps in words, and as commands that an operator can type. Pure. */
import { cureOf, sysctlName } from '../sysctls.js';
import type { Address } from './request.js';
import type { Observed, Step, UndoStep } from './types.js';

/** A change as a row: what, what it was, what it is. */
export interface StepWords {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** `192.0.2.1/32`. */
export function single({ family, text }: Address): string {
  return `${text}/${family === 'ipv4' ? 32 : 128}`;
}

/** Describes a step. @param before the old value of a setting */
export function describeStep(step: Step, before: string | null): StepWords {
  switch (step.kind) {
    case 'load-module':
      return { what: `module ${step.module}`, before: 'not loaded', after: 'loaded' };
    case 'create-link':
      return { what: `interface ${step.link}`, before: 'none', after: 'dummy' };
    case 'raise-link':
      return { what: `interface ${step.link}`, before: 'down', after: 'up' };
    case 'write-sysctl':
      return { what: sysctlName(step.path), before: before ?? '?', after: step.value };
    case 'add-port':
      return { what: `GUE over ${step.family} on UDP port ${step.port}`, before: 'closed', after: 'open' };
    case 'add-address':
      return { what: `${single(step.address)} on ${step.device}`, before: 'none', after: 'added' };
    case 'add-route':
      return { what: routeText(step), before: 'none', after: 'added' };
    case 'remove-route':
      return { what: step.text, before: 'there', after: 'removed' };
  }
}

/** The command that does what the step does. */
export function commandOf(step: Step): string {
  switch (step.kind) {
    case 'load-module':
      return `modprobe ${step.module}`;
    case 'create-link':
      return `ip link add ${step.link} type dummy`;
    case 'raise-link':
      return `ip link set ${step.link} up`;
    case 'write-sysctl':
      return cureOf(step.path, step.value);
    case 'add-port':
      return `ip${step.family === 'ipv6' ? ' -6' : ''} fou add port ${step.port} gue`;
    case 'add-address':
      return `ip address add ${addressWords(step.address)} dev ${step.device}`;
    case 'add-route':
      // prepend: beside a route of the same metric, which goes after it
      return `ip ${flagOf(step.family)} route ${step.family === 'ipv4' ? 'prepend' : 'add'} ${routeText(step)} proto static`;
    case 'remove-route':
      return `ip ${flagOf(step.family)} route delete ${step.text}`;
  }
}

/** As ip(8) takes it, with what keeps it from being a source address of this host's own connections. */
export function addressWords(address: Address): string {
  return address.family === 'ipv4'
    ? `${single(address)} scope host`
    : `${single(address)} nodad preferred_lft 0`;
}

export function flagOf(family: Address['family']): '-4' | '-6' {
  return family === 'ipv4' ? '-4' : '-6';
}

/** `default via 10.0.0.1 dev eth0 metric 1023`. */
export function routeText(step: {
  readonly gateway: string;
  readonly device: string | null;
  readonly metric: number;
}): string {
  const device = step.device === null ? '' : ` dev ${step.device}`;
  return `default via ${step.gateway}${device}${step.metric === 0 ? '' : ` metric ${step.metric}`}`;
}

/** What is noted of a link that had no address before it was raised. */
const BARE = 'bare';

/** The default routes that no other can beat but only replace, as they are saved. */
function unbeaten({ routes }: Observed, family: Address['family']): string[] {
  return routes.filter((route) => route.family === family && route.metric === 0).map(({ saved }) => saved);
}

/**
 * What must be noted before a step so that it can be taken back: the old value of a setting, `bare` for a link without any
 * address, the routes beside one that is removed. Null where nothing is.
 */
export function noteBefore(step: Step, observed: Observed): string | null {
  if (step.kind === 'write-sysctl') return observed.sysctls.get(step.path) ?? null;
  if (step.kind === 'remove-route') return unbeaten(observed, step.family).join('\n');
  if (step.kind !== 'raise-link') return null;
  return observed.addresses.some(({ device }) => device === step.link) ? null : BARE;
}

/** Takes a step back. @param before as `noteBefore` gave it */
export function inverseOf(step: Step, before: string | null): UndoStep {
  switch (step.kind) {
    case 'load-module':
      return { kind: 'unload-module', module: step.module };
    case 'create-link':
      return { kind: 'delete-link', link: step.link };
    case 'raise-link':
      return { kind: 'lower-link', link: step.link, bare: before === BARE };
    case 'write-sysctl':
      return { ...step, value: before ?? step.value };
    case 'add-port':
      return { ...step, kind: 'delete-port' };
    case 'add-address':
      return { ...step, kind: 'delete-address' };
    case 'add-route':
      return { ...step, kind: 'delete-route' };
    case 'remove-route':
      return { ...step, kind: 'restore-route' };
  }
}

/** Whether the host is already as the step would make it: somebody was faster, or a step before did it along. */
export function isDone(step: Step, observed: Observed): boolean {
  switch (step.kind) {
    case 'load-module':
      return step.link === null ? observed.encapsulation : hasLink(step.link, observed);
    case 'create-link':
      return hasLink(step.link, observed);
    case 'raise-link':
      return observed.links.some(({ name, up }) => name === step.link && up);
    case 'write-sysctl':
      return observed.sysctls.get(step.path) === step.value;
    case 'add-port':
      return observed.ports.some(
        ({ family, port, gue }) => family === step.family && port === step.port && gue,
      );
    case 'add-address':
      return hasAddress(step, observed);
    case 'add-route':
      return hasRoute(step, observed);
    case 'remove-route':
      return !observed.routes.some(({ saved }) => saved === step.saved);
  }
}

export function hasLink(name: string, { links }: Observed): boolean {
  return links.some((link) => link.name === name);
}

export function hasAddress(
  { address, device }: { readonly address: Address; readonly device: string },
  { addresses }: Observed,
): boolean {
  const bits = address.family === 'ipv4' ? 32 : 128;
  return addresses.some(
    (own) => own.text === address.text && own.device === device && own.prefixLength === bits,
  );
}

export function hasRoute(
  step: Omit<Extract<Step, { kind: 'add-route' }>, 'kind'>,
  { routes }: Observed,
): boolean {
  return routes.some(
    ({ family, gateway, device, metric }) =>
      family === step.family &&
      gateway === step.gateway &&
      metric === step.metric &&
      (step.device === null || step.device === device),
  );
}
