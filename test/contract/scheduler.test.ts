import { schedulerNames } from '../../schedulers/index.js';
import { describeScheduler } from './scheduler.js';

for (const name of schedulerNames) describeScheduler(name);
