import fc from 'fast-check'

// The name of a property contains its seed, and Stryker finds the specs of a change by their names.
fc.configureGlobal({ seed: 1 })
