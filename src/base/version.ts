/** The release this code belongs to; a test holds it equal to package.json, which the build does not ship inside dist. */
export const VERSION = '0.1.0';
