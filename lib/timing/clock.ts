/** Function that returns the elapsed time from a fixed origin; lib, operators and pipelines read no other clock. @units seconds */
export type Clock = () => number
