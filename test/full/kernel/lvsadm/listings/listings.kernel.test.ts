import { compareSubjects } from '../harness/subject-tests.js';
import { listings } from '../corpus/listings.js';

compareSubjects([listings]);
