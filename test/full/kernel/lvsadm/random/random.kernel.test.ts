import { randomLines } from '../corpus/random-lines.js';
import { compareSubjects } from '../harness/subject-tests.js';

compareSubjects([randomLines]);
