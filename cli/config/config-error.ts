/** A configuration, or a command line, that cannot be used: one message a line. The command exits with 2. */
export class ConfigError extends Error {
  readonly _tag = 'ConfigError'
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
  }
}
