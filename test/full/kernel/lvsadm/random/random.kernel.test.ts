import { mutatedLines } from '../corpus/mutated-lines.js';
import { mutatedScriptsToRestore } from '../corpus/mutated-scripts.js';
import { randomLines } from '../corpus/random-lines.js';
import { compareSubjects } from '../harness/subject-tests.js';

compareSubjects([randomLines, mutatedLines, mutatedScriptsToRestore]);
