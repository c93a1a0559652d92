import { bundleProgram } from "../http-service/bundle";

/** Bundles the relay into the one file that its image holds. */
export const bundleRelay = (): string => bundleProgram(__dirname);
