import { latin1, latin1Bytes } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { normaliseLines } from '../text-rule.js';
import { CTIME, ISO_DATE, TIME_OF_DAY } from './dates.js';

const COMPOSER_NAME = /\b(Composer(?:Autoloader|Static)Init)[0-9a-f]{32}\b/g;
const PERLLOCAL = new RegExp(`^(=head2 )${CTIME}(: C<)`);
/* RubyGems: `./siteconf20261123-7-1abc2d.rb`, `/tmp/d20261123-7-1abc2d` */
const GEM_TEMPORARY = /((?:siteconf|\/tmp\/d|\/tmp\/gem)?)20\d{6}-\d{1,7}-[a-z0-9]{5,8}(?=[./"' ]|$)/g;
const R_BUILT = new RegExp(
  `^(Built: R [\\d.]{1,20}; [^;]{0,100}; )${ISO_DATE} ${TIME_OF_DAY}(?:\\.\\d{1,9})? UTC(; (?:unix|windows))$`,
);
const R_PACKAGED = new RegExp(`^(Packaged: )${ISO_DATE} ${TIME_OF_DAY}(?:\\.\\d{1,9})? UTC(; .{0,100})$`);

/** What Ruby, PHP, Perl and R write as packages are installed. */
export const RUBY_PHP_PERL: readonly Cause[] = [
  {
    id: 'gem-build-log',
    title: 'RubyGems keeps names of temporary files in logs of native extensions',
    class: 'benign',
    where: 'gem_make.out, mkmf.log',
    shape: 'Names of a date, a process and random letters; all else is the same.',
    remedy: 'Remove the logs in the same step: && find / -xdev \\( -name gem_make.out -o -name mkmf.log \\) -delete',
    references: ['https://reproducible-builds.org/docs/build-path/'],
    rule: {
      what: 'content',
      paths: ['**/{gem_make.out,mkmf.log}'],
      normalise: normaliseLines((line) => line.replace(GEM_TEMPORARY, '$1')),
    },
  },
  {
    id: 'gemspec-date',
    title: 'RubyGems keeps the day on which a gem was built',
    class: 'benign',
    where: 'specifications/*.gemspec',
    shape: 'The date; all else is the same.',
    remedy: 'Set SOURCE_DATE_EPOCH for gem build, or s.date in the gemspec.',
    references: ['https://github.com/ruby/rubygems/blob/master/lib/rubygems/specification.rb'],
    rule: {
      what: 'content',
      paths: ['**/specifications/**/*.gemspec'],
      normalise: normaliseLines((line) => line.replace(/^( {2}s\.date = ")\d{4}-\d\d-\d\d("(?:\.freeze)?)$/, '$1$2')),
    },
  },
  {
    id: 'composer-suffix',
    title: "Composer gives its autoloader's classes a random name",
    class: 'review',
    where: 'vendor/autoload.php, vendor/composer/autoload_real.php, autoload_static.php',
    shape:
      '32 hexadecimal digits behind ComposerAutoloaderInit or ComposerStaticInit; all else is the same. They say which class is run, and have to be the same in all three files.',
    remedy:
      'Give it one: composer config autoloader-suffix app; or keep composer.lock, from which current versions take it.',
    references: [
      'https://getcomposer.org/doc/06-config.md#autoloader-suffix',
      'https://github.com/composer/composer/pull/11663',
    ],
    rule: {
      what: 'content',
      paths: ['**/vendor/autoload.php', '**/vendor/composer/autoload_{real,static}.php'],
      normalise: normaliseLines((line) => line.replace(COMPOSER_NAME, '$1')),
    },
  },
  {
    id: 'perllocal',
    title: 'Perl keeps the time at which each module was installed',
    class: 'benign',
    where: 'perllocal.pod',
    shape: 'The date in headings; modules and versions are the same.',
    remedy: 'Remove it in the same step: && find / -xdev -name perllocal.pod -delete; or build with NO_PERLLOCAL=1.',
    references: ['https://perldoc.perl.org/ExtUtils::MakeMaker'],
    rule: {
      what: 'content',
      paths: ['**/perllocal.pod'],
      normalise: normaliseLines((line) => line.replace(PERLLOCAL, '$1$2')),
    },
  },
  {
    id: 'r-built',
    title: 'R keeps the time at which each package was built',
    class: 'benign',
    where: 'DESCRIPTION of R packages',
    shape: 'The times behind Built: and Packaged:; all else is the same.',
    remedy: 'Give the build a fixed stamp: R CMD INSTALL --built-timestamp=2024-01-01 PACKAGE',
    references: ['https://cran.r-project.org/doc/manuals/r-release/R-admin.html'],
    rule: {
      what: 'content',
      paths: ['**/DESCRIPTION'],
      normalise: ({ content }) => {
        const text = latin1(content);
        if (!/^(?:Package|Type|Encoding): /.test(text)) return null;
        const lines = text.split('\n').map((line) => line.replace(R_BUILT, '$1$2').replace(R_PACKAGED, '$1$2'));
        return latin1Bytes(lines.join('\n'));
      },
    },
  },
];
