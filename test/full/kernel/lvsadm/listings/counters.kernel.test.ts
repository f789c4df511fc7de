import { counters } from '../corpus/counters.js';
import { skipWithout } from '../../../../support/require-tool.js';
import { compareSubjects } from '../harness/subject-tests.js';

compareSubjects([counters], skipWithout('cc', 'apt-get install gcc'));
