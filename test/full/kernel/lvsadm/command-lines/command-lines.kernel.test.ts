import { compareSubjects } from '../harness/subject-tests.js';
import { commandOptions, listOptionPairs } from '../corpus/command-options.js';
import { grammar } from '../corpus/grammar.js';

compareSubjects([commandOptions, listOptionPairs, grammar]);
