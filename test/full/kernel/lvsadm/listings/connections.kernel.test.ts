import { connections } from '../corpus/connections.js';
import { compareSubjects } from '../harness/subject-tests.js';

compareSubjects([connections]);
