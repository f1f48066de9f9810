// Whether several processes may have a file open at once. They may not if SQLite could damage it, or if the locks between them can't be relied on; then the first one keeps
// the file for itself.
import { statfsSync } from "node:fs";

/** Why a file in this folder is for one process alone; undefined if it can be shared. */
export const sharingFault = (folder: string, sqliteVersion: string): string | undefined => {
  if (!isSafe(sqliteVersion))
    return `SQLite ${sqliteVersion}, which comes with this runtime, can damage a file that several processes use (https://sqlite.org/wal.html#walresetbug); use Node 22.23, 24.21, 26 or later`;
  const network = networkOf(folder);
  if (network !== undefined)
    return `it lies on a network file system (${network}), where locks can't be relied on; put it on a local disk`;
  return undefined;
};

/** SQLite 3.7.0 to 3.51.2 may corrupt a database in WAL mode that has several connections; mended in 3.51.3, 3.50.7 and 3.44.6. */
export const isSafe = (version: string): boolean => {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major !== 3) return major > 3;
  if (minor === 51) return patch >= 3;
  if (minor === 50) return patch >= 7;
  if (minor === 44) return patch >= 6;
  return minor > 51;
};

/** https://man7.org/linux/man-pages/man2/statfs.2.html. On other systems than Linux the numbers mean other things, and are not looked at. */
const networks: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0x517b: "SMB",
  0xfe534d42: "SMB2",
  0xff534d42: "CIFS",
  0x01021997: "9P",
  0x00c36400: "Ceph",
  0x5346414f: "AFS",
  0x0bd00bd0: "Lustre",
  0x47504653: "GPFS",
};

const networkOf = (folder: string): string | undefined => {
  if (process.platform !== "linux") return undefined;
  try {
    return networks[statfsSync(folder).type >>> 0];
  } catch {
    return undefined;
  }
};
