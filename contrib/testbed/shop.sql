-- A small shop: 50,000 rows, the same ones each time, with foreign keys,
-- views, a trigger, routines and an event. Rows are made inside the server
-- by the SEQUENCE engine.
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE shop;
SET sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION';
SET time_zone = '+00:00';

CREATE TABLE customers (
	id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
	email VARCHAR(120) NOT NULL UNIQUE,
	name VARCHAR(80) NOT NULL,
	city VARCHAR(40) NULL,
	credit DECIMAL(12,2) NOT NULL DEFAULT 0.00,
	newsletter BOOLEAN NOT NULL DEFAULT FALSE,
	preferences JSON NULL,
	avatar BLOB NULL,
	since DATE NOT NULL,
	KEY city (city)
) ENGINE=InnoDB;

CREATE TABLE products (
	id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
	sku CHAR(10) NOT NULL UNIQUE,
	title VARCHAR(120) NOT NULL,
	price DECIMAL(10,2) NOT NULL,
	weight FLOAT NULL,
	status ENUM('draft','active','retired') NOT NULL DEFAULT 'active',
	tags SET('new','sale','fragile','digital') NOT NULL DEFAULT '',
	sold INT UNSIGNED NOT NULL DEFAULT 0
) ENGINE=InnoDB;

CREATE TABLE orders (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
	customer_id INT UNSIGNED NOT NULL,
	placed_at DATETIME(3) NOT NULL,
	changed_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
	state ENUM('new','paid','shipped','returned') NOT NULL,
	note TEXT NULL,
	KEY customer (customer_id, placed_at),
	CONSTRAINT orders_customer FOREIGN KEY (customer_id)
		REFERENCES customers (id)
) ENGINE=InnoDB;

CREATE TABLE order_items (
	order_id BIGINT UNSIGNED NOT NULL,
	line SMALLINT UNSIGNED NOT NULL,
	product_id INT UNSIGNED NOT NULL,
	quantity SMALLINT UNSIGNED NOT NULL,
	unit_price DECIMAL(10,2) NOT NULL,
	PRIMARY KEY (order_id, line),
	CONSTRAINT items_order FOREIGN KEY (order_id)
		REFERENCES orders (id) ON DELETE CASCADE,
	CONSTRAINT items_product FOREIGN KEY (product_id)
		REFERENCES products (id)
) ENGINE=InnoDB;

INSERT INTO customers (email, name, city, credit, newsletter, preferences,
	avatar, since)
SELECT CONCAT('customer', seq, '@example.com'),
	CONCAT(ELT(1 + seq % 7, 'Ada', 'Björn', 'Chloé', 'Đặng', 'Елена',
		'フミコ', 'O\'Hara'), ' ',
		ELT(1 + seq % 5, 'Müller', 'Garcia', '王', 'Smith "S."',
		'Ångström')),
	IF(seq % 11 = 0, NULL, ELT(1 + seq % 4, 'Berlin', 'São Paulo', '東京',
		'Zürich')),
	(seq * 7919 % 100000) / 100, seq % 3 = 0,
	IF(seq % 5 = 0, NULL, JSON_OBJECT('theme', IF(seq % 2, 'dark', 'light'),
		'stars', REPEAT('⭐', seq % 6))),
	IF(seq % 4 = 0, UNHEX(SHA2(seq, 256)), NULL),
	DATE '2015-01-01' + INTERVAL seq % 4000 DAY
FROM seq_1_to_5000;

INSERT INTO products (sku, title, price, weight, status, tags)
SELECT CONCAT('SKU-', LPAD(seq, 6, '0')),
	CONCAT(ELT(1 + seq % 5, 'Kettle', 'Lamp', 'Café table', 'Poster 🎨',
		'Rug 50%'), ' no. ', seq),
	(100 + seq * 37 % 90000) / 100,
	IF(seq % 9 = 0, NULL, seq * 0.37), 1 + seq % 3, seq % 16
FROM seq_1_to_1000;

INSERT INTO orders (customer_id, placed_at, changed_at, state, note)
SELECT 1 + seq * 31 % 5000,
	TIMESTAMP '2024-01-01 00:00:00.125' + INTERVAL seq * 97 SECOND,
	TIMESTAMP '2024-01-01 00:00:00' + INTERVAL seq * 101 SECOND,
	1 + seq % 4,
	CASE WHEN seq % 10 = 0 THEN 'a line\nanother\tline \\ and a ''quote'''
		WHEN seq % 10 = 1 THEN '' ELSE NULL END
FROM seq_1_to_18000;

CREATE VIEW order_totals AS
SELECT o.id AS order_id, o.customer_id, o.state,
	SUM(i.quantity * i.unit_price) AS total
FROM orders o JOIN order_items i ON i.order_id = o.id
GROUP BY o.id, o.customer_id, o.state;

CREATE VIEW best_customers AS
SELECT c.id, c.name, SUM(t.total) AS revenue
FROM customers c JOIN order_totals t ON t.customer_id = c.id
WHERE t.state <> 'returned' GROUP BY c.id, c.name HAVING revenue > 500;

DELIMITER ;;
CREATE TRIGGER items_sold AFTER INSERT ON order_items FOR EACH ROW
BEGIN
	-- Counts what was sold; a restore must not count it twice.
	UPDATE products SET sold = sold + NEW.quantity
	WHERE id = NEW.product_id;
END;;

CREATE FUNCTION order_total(wanted BIGINT UNSIGNED) RETURNS DECIMAL(14,2)
	READS SQL DATA
BEGIN
	RETURN (SELECT COALESCE(SUM(quantity * unit_price), 0)
		FROM order_items WHERE order_id = wanted);
END;;

CREATE PROCEDURE retire_product(IN wanted CHAR(10))
	COMMENT 'the price stays, for old orders'
BEGIN
	UPDATE products SET status = 'retired' WHERE sku = wanted;
END;;

CREATE EVENT forget_empty_orders ON SCHEDULE EVERY 1 DAY
	STARTS '2037-01-01 03:00:00' ON COMPLETION PRESERVE
DO BEGIN
	DELETE FROM orders WHERE state = 'new'
		AND id NOT IN (SELECT order_id FROM order_items);
END;;
DELIMITER ;

INSERT INTO order_items (order_id, line, product_id, quantity, unit_price)
SELECT 1 + seq % 16000, 1 + seq DIV 16000, 1 + seq * 17 % 1000, 1 + seq % 5,
	(100 + seq * 37 % 90000) / 100
FROM seq_0_to_25999;
