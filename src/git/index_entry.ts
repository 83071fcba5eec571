/**
 * What an entry of git's index is, and where its parts are in the file; shared by the index's
 * reader and writer.
 *
 * @module
 */

/** One path in the index, with what `stat` said of its file when git last looked. */
export interface IndexEntry {
  /** Without a leading slash; a directory left out of a sparse checkout ends in one. */
  readonly path: string;
  readonly oid: string;
  readonly mode: number;
  /** 0; during an unfinished merge 1 (base), 2 (ours) or 3 (theirs). */
  readonly stage: number;
  /** In bytes, as all numbers of the index modulo 2³². */
  readonly size: number;
  /** Whole ms since 1970: the index's nanoseconds, rounded down. */
  readonly mtime: number;
  /** Whole seconds since 1970. */
  readonly ctime: number;
  readonly ino: number;
  readonly dev: number;
  readonly uid: number;
  readonly gid: number;
  /** Left out by a sparse checkout: not expected on disk. */
  readonly skipWorktree: boolean;
  /** `git update-index --assume-unchanged`. */
  readonly assumeValid: boolean;
  /** `git add --intent-to-add`: nothing of its content is in the index yet. */
  readonly intentToAdd: boolean;
}

/** Where the parts of an entry are, in bytes from its start. */
export const OFFSET = {
  ctime: 0,
  mtime: 8,
  dev: 16,
  ino: 20,
  mode: 24,
  uid: 28,
  gid: 32,
  size: 36,
  oid: 40,
  flags: 60,
  extendedFlags: 62,
} as const;

/** The bits of the two fields of flags. */
export const FLAG = {
  assumeValid: 0x8000,
  extended: 0x4000,
  stageShift: 12,
  /** The length of the path, or this where it is longer. */
  lengthMask: 0xfff,
  skipWorktree: 0x4000,
  intentToAdd: 0x2000,
} as const;

/** Begins every index. */
export const SIGNATURE = 0x44495243; // "DIRC"
/** The bytes of signature, version and number of entries. */
export const HEADER_BYTES = 12;
/** The bytes of the checksum at the end. */
export const CHECKSUM_BYTES = 20;
