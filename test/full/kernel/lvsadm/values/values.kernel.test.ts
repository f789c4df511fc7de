import { compareSubjects } from '../harness/subject-tests.js';
import { addresses, marksAndMasks } from '../corpus/addresses.js';
import { numberSpellings } from '../corpus/numbers.js';

compareSubjects([addresses, marksAndMasks, numberSpellings]);
