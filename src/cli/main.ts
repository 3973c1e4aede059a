#!/usr/bin/env node
import 'reflect-metadata';
import { runCommandLine } from './program.js';
import { processTerminal } from './terminal.js';

// Not process.exit(): what was written to a pipe would be cut off. Every command closes what it opened.
process.exitCode = await runCommandLine(process.argv.slice(2), {
  terminal: processTerminal(),
  environment: process.env,
  now: () => new Date(),
});
