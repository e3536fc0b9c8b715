#!/usr/bin/env node
import { replaceGoneTerminalAtExit } from './gone-terminal.js'
import { keepHangUpIgnored } from './hang-up.js'
import { run } from './run.js'
import { processTerminal } from './terminal.js'

keepHangUpIgnored()
replaceGoneTerminalAtExit()

// process.exit would cut output that is not yet written, and abort an engine thread in the middle of a run.
process.exitCode = await run(process.argv.slice(2), processTerminal())
