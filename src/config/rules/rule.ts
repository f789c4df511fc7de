/** What a rule across keys gets and how it speaks. */
import type { ServiceAddress } from '../../model/virtual-service.js';
import { keyPlace, valuePlace, type Spot } from '../draft.js';
import type { Planes } from '../facts.js';
import type { Path } from '../path.js';
import type { Finding, ProblemList, ProblemPlace } from '../problem-list.js';
import type { ResolvedService } from '../resolve-servers.js';
import type { DirectorConfig } from '../schema/director.js';
import type { WrittenCheck } from '../written-checks.js';

/** A service with what follows from its keys. */
export interface JudgedService extends ResolvedService {
  /** null when the keys that say what clients address are wrong. */
  readonly address: ServiceAddress | null;
  readonly planes: Planes;
  /** Position among the services of all files. */
  readonly order: number;
}

/** Refuses and warns, at places in the files. */
export class Verdicts {
  readonly errors: ProblemList;
  readonly warnings: ProblemList;

  constructor(errors: ProblemList, warnings: ProblemList) {
    this.errors = errors;
    this.warnings = warnings;
  }

  /** Refuses the value at `below` a spot. */
  refuse(spot: Spot, below: Path, finding: Finding): void {
    this.errors.add(valuePlace(spot, ...below), finding);
  }

  /** Refuses that the key at `below` a spot is there at all. */
  refuseKey(spot: Spot, below: Path, finding: Finding): void {
    this.errors.add(keyPlace(spot, ...below), finding);
  }

  /** Warns of the value at `below` a spot, unless there are too many warnings already. */
  warn(spot: Spot, below: Path, finding: Finding): void {
    this.#warnAt(valuePlace(spot, ...below), finding);
  }

  /** Warns that the key at `below` a spot is there at all; at the nearest thing above it when it is not. */
  warnKey(spot: Spot, below: Path, finding: Finding): void {
    this.#warnAt(keyPlace(spot, ...below), finding);
  }

  #warnAt(place: ProblemPlace, finding: Finding): void {
    if (!this.warnings.isFull) this.warnings.add(place, finding);
  }
}

/** A rule about one service by itself. Never throws. */
export type ServiceRule = (
  service: JudgedService,
  verdicts: Verdicts,
  director: DirectorConfig | null,
) => void;

/** A rule about one check of a service. Never throws. */
export type CheckRule = (service: JudgedService, written: WrittenCheck, verdicts: Verdicts) => void;

/** A rule about one check by itself, be it of a service or not. Never throws. */
export type LoneCheckRule = (
  holder: { readonly spot: Spot },
  written: WrittenCheck,
  verdicts: Verdicts,
) => void;

/** A rule about services among one another. Never throws; no slower than sorting. */
export type TableRule = (services: readonly JudgedService[], verdicts: Verdicts) => void;
