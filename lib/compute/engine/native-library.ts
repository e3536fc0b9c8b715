/** Part of the process of Node.js that is used here. The types of browsers do not declare it. */
interface NodeProcess {
  readonly platform: string
  readonly dlopen: (module: { readonly exports: object }, name: string) => void
}

/**
 * Returns false on Linux if a shared library cannot be found, and true in any other case. A native engine writes lines to
 * standard error before it fails without the library, so that our own message would not come first.
 */
export const mayLoadLibrary = (name: string): boolean => {
  const { process } = globalThis as { readonly process?: Partial<NodeProcess> }
  if (process?.platform !== 'linux' || process.dlopen === undefined) return true
  try {
    process.dlopen({ exports: {} }, name)
    return true
  } catch (error) {
    // A library that is no addon of Node.js is loaded, and then it is refused with another message.
    return !(error instanceof Error && error.message.includes('cannot open shared object file'))
  }
}

/** Library through which WebGPU finds the graphics driver on Linux. */
export const VULKAN = 'libvulkan.so.1'
