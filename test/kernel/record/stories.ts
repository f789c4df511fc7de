/** Every story, in the order of its file's name. */
import { batchStories } from './batch-stories.js';
import { daemonStories } from './daemon-stories.js';
import { destinationStories } from './destination-stories.js';
import { familyStories } from './family-stories.js';
import { listingStories } from './listing-stories.js';
import { refusalStories } from './refusal-stories.js';
import { serviceStories } from './service-stories.js';
import type { Story } from './story.js';
import { tableStories } from './table-stories.js';

export const stories: readonly Story[] = [
  ...batchStories,
  ...daemonStories,
  ...destinationStories,
  ...familyStories,
  ...listingStories,
  ...refusalStories,
  ...serviceStories,
  ...tableStories,
].sort((a, b) => (a.name < b.name ? -1 : 1));
