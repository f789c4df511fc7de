import { compareSubjects } from '../harness/subject-tests.js';
import { scriptsToRestore } from '../corpus/scripts.js';
import { realServers, tunnels } from '../corpus/servers.js';
import { services } from '../corpus/services.js';
import { settingsOfTheTable } from '../corpus/settings.js';

compareSubjects([services, realServers, tunnels, settingsOfTheTable, scriptsToRestore]);
