/** A dashboard that cannot be opened: where, what was found and what was expected. */
export class DashboardError extends Error {
  readonly _tag = 'DashboardError'
  constructor(
    readonly where: string,
    readonly found: string,
    readonly expected: string,
    options?: { readonly cause: unknown },
  ) {
    super(`${where}: found ${found}, expected ${expected}`, options)
    this.name = 'DashboardError'
  }
}
