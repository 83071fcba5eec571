/**
 * Why commits that were made inside were not taken over. They stay where they are.
 *
 * @module
 */

/** Says what of them cannot be taken over; the message is for the one who ran the command. */
export class Refused extends Error {}

/** Nothing was refused, there was no time: the next command takes over what this one has left. */
export class Postponed extends Error {}
