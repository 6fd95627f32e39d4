"""Two schemas as applications have them, with rows made by the server: a
cinema, small tables with all that hangs on them, and a staff, few tables with
many rows. The same each time."""
from .compare import quote

# Numbers 0 to 1999, in plain SQL: MySQL has no SEQUENCE engine.
_NUMBERS = """
CREATE TABLE number (n INT PRIMARY KEY);
INSERT INTO number WITH RECURSIVE r AS
    (SELECT 0 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 999)
    SELECT n FROM r;
INSERT INTO number SELECT a.n * 1000 + b.n FROM number a, number b
    WHERE a.n = 1;
"""

_CINEMA = """
CREATE TABLE country (id SMALLINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(50) NOT NULL UNIQUE,
    changed_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
        ON UPDATE CURRENT_TIMESTAMP(3));
CREATE TABLE hall (id SMALLINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    country_id SMALLINT UNSIGNED NOT NULL, name VARCHAR(60) NOT NULL,
    place POINT NOT NULL, photo BLOB, manager_id INT,
    SPATIAL KEY place (place),
    CONSTRAINT hall_country FOREIGN KEY (country_id) REFERENCES country (id)
        ON UPDATE CASCADE);
CREATE TABLE employee (id INT AUTO_INCREMENT PRIMARY KEY,
    hall_id SMALLINT UNSIGNED NOT NULL, boss_id INT, login VARBINARY(20),
    is_active BOOLEAN NOT NULL DEFAULT TRUE,
    CONSTRAINT employee_hall FOREIGN KEY (hall_id) REFERENCES hall (id),
    CONSTRAINT employee_boss FOREIGN KEY (boss_id) REFERENCES employee (id)
        ON DELETE SET NULL);
ALTER TABLE hall ADD CONSTRAINT hall_manager FOREIGN KEY (manager_id)
    REFERENCES employee (id);
CREATE TABLE film (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(120) NOT NULL, made YEAR, minutes SMALLINT UNSIGNED,
    price DECIMAL(5,2) NOT NULL DEFAULT 7.50,
    rating ENUM('all','6','12','16','18') DEFAULT 'all',
    extras SET('trailer','subtitles','making of'), plot TEXT,
    facts JSON, KEY title (title), FULLTEXT KEY plot (title, plot),
    CONSTRAINT film_length CHECK (minutes BETWEEN 1 AND 900));
CREATE TABLE genre (id TINYINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(30) CHARACTER SET latin1 NOT NULL);
CREATE TABLE film_genre (film_id INT UNSIGNED, genre_id TINYINT UNSIGNED,
    PRIMARY KEY (film_id, genre_id),
    FOREIGN KEY (film_id) REFERENCES film (id) ON DELETE CASCADE,
    FOREIGN KEY (genre_id) REFERENCES genre (id));
CREATE TABLE ticket (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    film_id INT UNSIGNED NOT NULL, hall_id SMALLINT UNSIGNED NOT NULL,
    sold_at DATETIME NOT NULL, paid DECIMAL(7,2) NOT NULL,
    tax DECIMAL(9,4) AS (paid * 0.07) STORED, note VARCHAR(40),
    KEY sold (sold_at DESC), FOREIGN KEY (film_id) REFERENCES film (id),
    FOREIGN KEY (hall_id) REFERENCES hall (id));
CREATE TABLE film_text (film_id INT UNSIGNED PRIMARY KEY, words INT);
CREATE TABLE sold_log (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(60));

INSERT INTO country (name) SELECT CONCAT('Länd ', n) FROM number
    WHERE n < 60;
INSERT INTO hall (country_id, name, place, photo)
    SELECT 1 + n % 60, CONCAT('Säl "', n, '"'), POINT(n, -n / 3),
    UNHEX(SHA2(n, 512)) FROM number WHERE n < 300;
INSERT INTO employee (hall_id, boss_id, login)
    SELECT 1 + n % 300, NULL, CONCAT('user', CHAR(n % 256)) FROM number
    WHERE n < 900;
UPDATE employee SET boss_id = 1 + id % 30 WHERE id > 30;
UPDATE hall SET manager_id = id * 3;
INSERT INTO film (title, made, minutes, rating, extras, plot, facts)
    SELECT CONCAT('The ', SHA2(n, 224), '''s return'), 1930 + n % 90, 60 + n % 120,
    1 + n % 5, n % 8, CONCAT(SHA2(n, 224), '\\n', SHA2(-n, 224), ' \\\\ 映画 🎬'),
    JSON_OBJECT('n', n, 'oscars', JSON_ARRAY(n % 3, 'ä', NULL)) FROM number
    WHERE n < 2000;
INSERT INTO genre (name) SELECT CONCAT('g ', CHAR(228 USING latin1), n)
    FROM number WHERE n < 16;
INSERT INTO film_genre SELECT f.n + 1, 1 + (f.n + g.n * 5) % 16
    FROM number f, number g WHERE f.n < 2000 AND g.n < 3;
INSERT INTO ticket (film_id, hall_id, sold_at, paid, note)
    SELECT 1 + a.n * 7 % 2000, 1 + a.n % 300,
    '2020-01-01' + INTERVAL (a.n * 3 + b.n) HOUR, 5 + a.n % 800 / 100,
    IF(a.n % 11, NULL, CONCAT('seat ', a.n)) FROM number a, number b
    WHERE b.n < 4;
INSERT INTO film_text SELECT id, LENGTH(plot) FROM film;

CREATE VIEW film_list AS SELECT f.id, f.title,
    GROUP_CONCAT(g.name ORDER BY g.name SEPARATOR ', ') AS genres
    FROM film f LEFT JOIN film_genre fg ON fg.film_id = f.id
    LEFT JOIN genre g ON g.id = fg.genre_id GROUP BY f.id, f.title;
CREATE SQL SECURITY INVOKER VIEW best_seller AS SELECT l.title, l.genres,
    SUM(t.paid) AS earned FROM ticket t JOIN film_list l ON l.id = t.film_id
    GROUP BY l.title, l.genres;
DELIMITER ;;
CREATE FUNCTION vat(amount DECIMAL(9,2)) RETURNS DECIMAL(9,4) DETERMINISTIC
BEGIN
    -- the rate; reduced
    RETURN amount * 0.07;
END;;
CREATE VIEW a_tax_report AS SELECT hall_id, SUM(vat(paid)) AS vat
    FROM ticket GROUP BY hall_id;;
CREATE PROCEDURE sell(IN film INT, IN hall INT, OUT ticket_id BIGINT)
MODIFIES SQL DATA
BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
    START TRANSACTION;
    INSERT INTO ticket (film_id, hall_id, sold_at, paid)
        SELECT film, hall, NOW(), price FROM film WHERE id = film;
    SET ticket_id = LAST_INSERT_ID();
    COMMIT;
END;;
CREATE TRIGGER film_added AFTER INSERT ON film FOR EACH ROW
    INSERT INTO film_text VALUES (NEW.id, LENGTH(NEW.plot));;
CREATE TRIGGER film_changed AFTER UPDATE ON film FOR EACH ROW
BEGIN
    IF NEW.plot <> OLD.plot THEN
        UPDATE film_text SET words = LENGTH(NEW.plot)
            WHERE film_id = NEW.id;
    END IF;
END;;
CREATE TRIGGER ticket_sold AFTER INSERT ON ticket FOR EACH ROW
    INSERT INTO sold_log (what) VALUES (CONCAT('ticket ', NEW.id));;
CREATE EVENT forget ON SCHEDULE EVERY 1 WEEK STARTS '2036-01-01 03:00:00'
    DO DELETE FROM sold_log WHERE id < 0;;
DELIMITER ;
"""

_STAFF = """
CREATE TABLE department (code CHAR(4) PRIMARY KEY, name VARCHAR(40) NOT NULL,
    UNIQUE KEY name (name));
CREATE TABLE person (number INT PRIMARY KEY, born DATE NOT NULL,
    first_name VARCHAR(14) NOT NULL, last_name VARCHAR(16) NOT NULL,
    sex ENUM('M','F') NOT NULL, hired DATE NOT NULL);
CREATE TABLE works_in (number INT NOT NULL, code CHAR(4) NOT NULL,
    since DATE NOT NULL, until DATE NOT NULL, PRIMARY KEY (number, code),
    KEY code (code), FOREIGN KEY (number) REFERENCES person (number)
        ON DELETE CASCADE,
    FOREIGN KEY (code) REFERENCES department (code) ON DELETE CASCADE);
CREATE TABLE leads (code CHAR(4), number INT, since DATE NOT NULL,
    PRIMARY KEY (number, code),
    FOREIGN KEY (number) REFERENCES person (number) ON DELETE CASCADE,
    FOREIGN KEY (code) REFERENCES department (code) ON DELETE CASCADE);
CREATE TABLE title (number INT NOT NULL, title VARCHAR(50) NOT NULL,
    since DATE NOT NULL, until DATE, PRIMARY KEY (number, title, since),
    FOREIGN KEY (number) REFERENCES person (number) ON DELETE CASCADE);
CREATE TABLE salary (number INT NOT NULL, amount INT NOT NULL,
    since DATE NOT NULL, until DATE NOT NULL, PRIMARY KEY (number, since))
    PARTITION BY RANGE COLUMNS (since) (
    PARTITION p2000 VALUES LESS THAN ('2000-01-01'),
    PARTITION p2010 VALUES LESS THAN ('2010-01-01'),
    PARTITION rest VALUES LESS THAN (MAXVALUE));

INSERT INTO department SELECT CONCAT('d', LPAD(n, 3, '0')),
    CONCAT('Department of ', LEFT(SHA2(n, 224), 20)) FROM number WHERE n < 9;
INSERT INTO person SELECT 10001 + n, '1950-01-01' + INTERVAL n DAY,
    LEFT(SHA2(n, 224), 14), LEFT(SHA2(-n, 224), 16), 1 + n % 2,
    '1985-01-01' + INTERVAL n DAY FROM number;
INSERT INTO works_in SELECT 10001 + n, CONCAT('d', LPAD(n % 9, 3, '0')),
    '1990-01-01', IF(n % 3, '9999-01-01', '2001-12-31') FROM number;
INSERT INTO leads SELECT CONCAT('d', LPAD(n % 9, 3, '0')), 10001 + n,
    '1999-09-09' FROM number WHERE n < 24;
INSERT INTO title SELECT 10001 + n, IF(n % 5, 'Engineer', 'Señor'),
    '1991-02-03', IF(n % 2, NULL, '2002-02-02') FROM number;
INSERT INTO salary SELECT 10001 + a.n, 40000 + a.n * b.n % 70000,
    '1990-06-26' + INTERVAL b.n * 900 DAY, '9999-01-01'
    FROM number a, number b WHERE b.n < 10;

CREATE VIEW latest AS SELECT number, MAX(since) AS since, MAX(until) AS until
    FROM works_in GROUP BY number;
CREATE VIEW current_department AS SELECT l.number, w.code, l.since, l.until
    FROM works_in w JOIN latest l ON w.number = l.number
    AND w.until = l.until;
DELIMITER ;;
CREATE FUNCTION department_of(who INT) RETURNS CHAR(4) READS SQL DATA
BEGIN
    DECLARE found CHAR(4);
    SELECT MAX(code) INTO found FROM current_department WHERE number = who;
    RETURN found;
END;;
CREATE VIEW a_directory AS SELECT number, last_name,
    department_of(number) AS code FROM person;;
CREATE PROCEDURE raise_all(IN percent INT) COMMENT 'once a year; at most'
    UPDATE salary SET amount = amount * (100 + percent) / 100
        WHERE until = '9999-01-01';;
CREATE TRIGGER hired_before_born BEFORE INSERT ON person FOR EACH ROW
BEGIN
    IF NEW.hired < NEW.born THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'it''s too early';
    END IF;
END;;
DELIMITER ;
"""


def _make(server, name, text):
    server.sql(f"SET NAMES utf8mb4; CREATE DATABASE {quote(name)} "
               f"CHARACTER SET utf8mb4; USE {quote(name)};"
               f"{_NUMBERS}{text}")
    return name


def cinema(server, name):
    """Some 25,000 rows in small tables that hang together."""
    return _make(server, name, _CINEMA)


def staff(server, name):
    """Some 30,000 rows in few tables."""
    return _make(server, name, _STAFF)
