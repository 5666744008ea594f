/** A package that a package manager's database lists as installed. */
export interface InstalledPackage {
  readonly manager: 'dpkg' | 'apk' | 'pacman' | 'rpm';
  readonly name: string;
  /** Empty where the database does not say it. */
  readonly architecture: string;
  readonly version: string;
}
