#!/usr/bin/env node
import { run } from './run.js'
import { processTerminal } from './terminal.js'

// Not process.exit: it would cut output that is still on its way, and abort an engine thread in the middle of a run.
process.exitCode = await run(process.argv.slice(2), processTerminal())
