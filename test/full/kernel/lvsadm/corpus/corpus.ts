/** All subjects. */
import { addresses, marksAndMasks } from './addresses.js';
import type { Subject } from './case.js';
import { commandOptions, listOptionPairs } from './command-options.js';
import { grammar } from './grammar.js';
import { listings } from './listings.js';
import { numberSpellings } from './numbers.js';
import { scriptsToRestore } from './scripts.js';
import { realServers, tunnels } from './servers.js';
import { services } from './services.js';
import { settingsOfTheTable } from './settings.js';

export const corpus: readonly Subject[] = [
  commandOptions,
  listOptionPairs,
  grammar,
  addresses,
  marksAndMasks,
  numberSpellings,
  services,
  realServers,
  tunnels,
  listings,
  scriptsToRestore,
  settingsOfTheTable,
];
