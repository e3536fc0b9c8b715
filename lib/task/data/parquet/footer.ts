import { type FileMetaData, parquetMetadata } from 'hyparquet'
import type { ParquetFile } from './row-group.js'
import { checkThrift } from './thrift.js'

/** Size of the footer's length and of the last four bytes, which name the format. @units bytes */
const END = 8

/** Reads the description of a Parquet file, which stands at its end. @errors rejects with an error that says what is wrong */
export const readFooter = async ({ size, read }: ParquetFile): Promise<FileMetaData> => {
  if (size < END) throw new RangeError(`${size} bytes, expected at least ${END}`)
  const length = new DataView(await read(size - END, END)).getUint32(0, true)
  if (length > size - END) throw new RangeError(`a footer of ${length} bytes in a file of ${size}`)
  const footer = await read(size - END - length, length + END)
  checkThrift({ view: new DataView(footer, 0, length), offset: 0 })
  return parquetMetadata(footer)
}
