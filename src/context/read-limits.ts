/** Files from which on a second thread reads; fewer are read before it has started. */
export const helpersFrom = 256;
