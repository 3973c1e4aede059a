// '@jardam/protocol/metadata': what has to come off a file before it is sealed. An entry point of its own, so that a page
// loads it with its first attachment, and the bot cleans a file exactly as the page does.
export { cleanFile, type CleanedFile } from './clean-file.js';
