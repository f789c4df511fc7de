/** The published entry `lvsd/schedulers`: the kernel's scheduling algorithms, free of sockets, clocks and Node. */
export { createScheduler, isSchedulerName, schedulerNames } from './registry.js';
export { schedulerFlagsOf } from './settings.js';
export { SchedulerError, type SchedulerErrorCode } from './errors.js';
export {
  connectionBound,
  connectionUnbound,
  thresholdFault,
  thresholdsEdited,
  type BindingKind,
  type ThresholdFault,
  type Thresholds,
} from './overload.js';
export {
  PersistenceTable,
  type PersistenceOptions,
  type PersistenceService,
  type PersistenceTemplate,
} from './persistence.js';
export type {
  Family,
  Flow,
  FlowProtocol,
  KernelGeneration,
  Scheduler,
  SchedulerFactory,
  SchedulerFlag,
  SchedulerName,
  SchedulerOptions,
  SchedulerServer,
} from './types.js';
