// node --import ./test/support/typescript-register.mjs src/cli/main.ts …: the program from its sources, without a build.
import { register } from 'node:module';

register('./typescript-loader.mjs', import.meta.url);
